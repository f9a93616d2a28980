import type { CreateOptions, DocumentUpload } from '../api/index.js';
import { ExdataError } from '../api/index.js';
import type { Claim, Clock, Job, WorkService } from '../dispatch/index.js';
import type { AccountGate, ExdataAccounts, Gate } from '../documents/index.js';
import { ExdataDocument } from '../documents/index.js';
import { inSpan } from '../telemetry/index.js';
import type { ExdataSpan } from '../telemetry/index.js';
import type { DocumentBytes } from './document-bytes.js';
import { findAtExdata } from './reconciliation.js';
import type { Found } from './reconciliation.js';
import { afterUploadError } from './upload-outcome.js';
import type { UploadRefusals } from './upload-refusals.js';
import { beforeExdata, idsOf } from './upload-writer.js';
import type { UploadWriter } from './upload-writer.js';

export const uploadJobName = 'upload';

export interface UploadSettings {
  readonly timeoutMs: number;
  /** How long exdata is trusted to know an idempotency key, in milliseconds; it does not publish it. */
  readonly keyLifetimeMs: number;
}

/** Sends a document to exdata: the only place where an upload leaves. */
export class UploadJob implements Job<ExdataDocument> {
  readonly name = uploadJobName;
  readonly entity = ExdataDocument;
  readonly where = { state: beforeExdata };

  constructor(
    private readonly accounts: ExdataAccounts,
    private readonly gate: AccountGate,
    private readonly bytes: DocumentBytes,
    private readonly writer: UploadWriter,
    private readonly refusals: UploadRefusals,
    private readonly isLinked: (account: string, exdataId: string) => Promise<boolean>,
    private readonly work: WorkService,
    private readonly clock: Clock,
    private readonly settings: UploadSettings,
  ) {}

  get timeoutMs(): number {
    // The call ends first, with an error that says what may have happened.
    return this.settings.timeoutMs + 10_000;
  }

  async run(row: ExdataDocument, claim: Claim): Promise<void> {
    const gate = await this.gate.forUpload(row);
    if (gate.state !== 'open') return this.#waitFor(gate, row, claim);
    await inSpan('upload', idsOf(row), async (span) => {
      try {
        if (this.#isExpired(row) && (await this.#reconcile(row, claim, span, 'key_expired'))) return;
        await this.#send(row, claim, span);
      } catch (error) {
        if (claim.signal.aborted || !(error instanceof ExdataError)) {
          await this.#interrupted(row, claim, error);
        } else {
          span.identify({ requestId: error.requestId });
          span.note('error_code', error.code);
          await this.#refused(row, claim, span, error);
        }
      }
    });
  }

  async quarantine(row: ExdataDocument, claim: Claim): Promise<void> {
    await this.#fail(row, claim, 'poison', 'the process ended several times while it sent this document');
  }

  async giveUp(row: ExdataDocument, claim: Claim, error: unknown): Promise<void> {
    await this.#fail(row, claim, error instanceof ExdataError ? error.code : 'internal', String(error));
  }

  #waitFor(gate: Exclude<Gate, { state: 'open' }>, row: ExdataDocument, claim: Claim): Promise<void> {
    return gate.state === 'held' ? this.writer.park(row, claim, gate) : this.writer.wait(row, claim, gate);
  }

  #isExpired({ firstSentAt }: ExdataDocument): boolean {
    return firstSentAt !== null && this.clock.now() - firstSentAt > this.settings.keyLifetimeMs;
  }

  async #send(row: ExdataDocument, claim: Claim, span: ExdataSpan): Promise<void> {
    // Looking for the document may have taken minutes.
    const gate = await this.writer.begin(row);
    if (gate.state !== 'open') return this.#waitFor(gate, row, claim);
    const { api } = this.accounts.get(row.account);
    await this.#accepted(row, claim, span, await api.documents.create(this.#payload(row, claim), this.#call(row, claim)), 'upload');
  }

  async #accepted(...[row, claim, span, answer, via]: AcceptArguments): Promise<void> {
    span.identify({ documentId: answer.data.id, requestId: answer.requestId });
    const { wake } = await this.writer.accept(row, claim, answer, via);
    await this.bytes.release(row);
    await this.work.dispatchAll(wake);
  }

  /** Resolves to true when the document was found at exdata and linked. */
  async #reconcile(row: ExdataDocument, claim: Claim, span: ExdataSpan, code: string): Promise<boolean> {
    await this.writer.doubt(row, code);
    const found = await this.#find(row, claim);
    if (found.kind === 'unclear') throw new Error("exdata's list does not tell whether it has the document; it is looked through again");
    if (found.kind === 'found') {
      await this.#accepted(row, claim, span, found.answer, 'reconcile');
      return true;
    }
    await this.writer.absent(row);
    return false;
  }

  #find(row: ExdataDocument, { signal }: Claim): Promise<Found> {
    const { api } = this.accounts.get(row.account);
    return findAtExdata(api, row, (id) => this.isLinked(row.account, id), { signal, attempts: 1 });
  }

  /** What failed before exdata could answer is tried again, unless exdata has been seen to have the document. */
  async #interrupted(row: ExdataDocument, claim: Claim, error: unknown): Promise<void> {
    const left = await this.writer.leave(row, claim).catch(() => false);
    if (!left) throw error;
    await this.bytes.release(row);
  }

  async #refused(row: ExdataDocument, claim: Claim, span: ExdataSpan, error: ExdataError): Promise<void> {
    const outcome = afterUploadError(error, row.work.failures);
    if (outcome.kind === 'reconcile') {
      if (await this.#reconcile(row, claim, span, error.code)) return;
      await this.#fail(row, claim, error.code, `${error.message} exdata does not list such a document.`);
      return;
    }
    const { state, firstSentAt, wake } = await this.refusals.write(row, claim, error, outcome);
    if (state === 'rejected') await this.bytes.release(row);
    await this.work.dispatchAll(wake);
    if (state === 'failed') await this.#linkIfFound(row, claim, firstSentAt);
  }

  async #fail(row: ExdataDocument, claim: Claim, code: string, message: string): Promise<void> {
    const { wake, firstSentAt } = await this.writer.fail(row, claim, code, message);
    await this.work.dispatchAll(wake);
    await this.#linkIfFound(row, claim, firstSentAt);
  }

  /**
   * What ended the row says nothing of an earlier attempt whose answer was lost. The row has ended by now: should looking for the document end the process
   * too, nobody looks again.
   * @param firstSentAt null where no attempt can have reached exdata
   */
  async #linkIfFound(row: ExdataDocument, claim: Claim, firstSentAt: number | null): Promise<void> {
    if (firstSentAt === null) return;
    row.firstSentAt = firstSentAt;
    const found = await this.#find(row, claim);
    if (found.kind !== 'found') return;
    const { wake } = await this.writer.link(row, found.answer);
    await this.bytes.release(row);
    await this.work.dispatchAll(wake);
  }

  #payload(row: ExdataDocument, claim: Claim): DocumentUpload {
    return {
      file: this.bytes.fileOf(row, claim.signal),
      filename: row.filename,
      contentType: row.contentType,
      requester: row.correlationId,
      ...(row.locale !== null && { locale: row.locale }),
      ...(row.customTypes !== null && { customTypes: row.customTypes }),
      ...(row.text !== null && { text: row.text }),
    };
  }

  #call(row: ExdataDocument, claim: Claim): CreateOptions {
    const onProgress = this.bytes.progressOf(row);
    return { idempotencyKey: row.idempotencyKey, signal: claim.signal, timeoutMs: this.settings.timeoutMs, attempts: 1, onProgress };
  }
}

type AcceptArguments = [
  row: ExdataDocument,
  claim: Claim,
  span: ExdataSpan,
  answer: Parameters<UploadWriter['accept']>[2],
  via: 'upload' | 'reconcile',
];
