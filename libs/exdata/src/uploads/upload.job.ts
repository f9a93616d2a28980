import { In } from 'typeorm';
import type { CreateOptions, DocumentUpload, ExdataApi } from '../api/index.js';
import { ExdataError, ExdataInsufficientCreditsError } from '../api/index.js';
import type { Claim, Clock, ExdataTransactions, Job, Random, RetrySchedule, Settlement, WorkService } from '../dispatch/index.js';
import { retryDelay } from '../dispatch/index.js';
import { ExdataDocument, handlerJobName } from '../documents/index.js';
import type { Applied, DocumentLedger } from '../documents/index.js';
import type { ExdataLog, LifeIds } from '../telemetry/index.js';
import { inSpan } from '../telemetry/index.js';
import type { Spool } from './spool.js';
import { afterUploadError } from './upload-outcome.js';
import type { UploadOutcome } from './upload-outcome.js';

export const uploadJobName = 'upload';

export interface UploadSettings {
  readonly timeoutMs: number;
  /** How long exdata is trusted to know an idempotency key, in milliseconds; it does not publish it. */
  readonly keyLifetimeMs: number;
  readonly retry: RetrySchedule;
}

/** Sends a document to exdata: the only place where an upload leaves. */
export class UploadJob implements Job<ExdataDocument> {
  readonly name = uploadJobName;
  readonly entity = ExdataDocument;
  readonly where = { state: In(['queued', 'uploading', 'unconfirmed'] as const) };

  constructor(
    private readonly api: ExdataApi,
    private readonly spool: Spool,
    private readonly ledger: DocumentLedger,
    private readonly transactions: ExdataTransactions,
    private readonly work: WorkService,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly log: ExdataLog,
    private readonly settings: UploadSettings,
  ) {}

  get timeoutMs(): number {
    // The call ends first, with an error that says what may have happened.
    return this.settings.timeoutMs + 10_000;
  }

  async run(row: ExdataDocument, claim: Claim): Promise<void> {
    if (row.firstSentAt !== null && this.clock.now() - row.firstSentAt > this.settings.keyLifetimeMs) {
      await this.#endExpired(row, claim);
      return;
    }
    const ids = this.#ids(row);
    await inSpan('upload', ids, async (span) => {
      await this.#begin(row);
      try {
        const answer = await this.api.documents.create(this.#payload(row), this.#call(row, claim));
        span.identify({ documentId: answer.data.id, requestId: answer.requestId });
        const applied = await this.transactions.run((manager) => this.#accept(manager, row, claim, answer));
        await this.spool.erase(row.id);
        await Promise.all(applied.handlerRuns.map((id) => this.work.dispatch(handlerJobName, id)));
      } catch (error) {
        if (claim.signal.aborted || !(error instanceof ExdataError)) throw error;
        span.identify({ requestId: error.requestId });
        span.note('error_code', error.code);
        await this.#refused(row, claim, error);
      }
    });
  }

  async quarantine(row: ExdataDocument, claim: Claim): Promise<void> {
    await this.#fail(row, claim, 'poison', 'the process ended several times while it sent this document');
  }

  async giveUp(row: ExdataDocument, claim: Claim, error: unknown): Promise<void> {
    await this.#fail(row, claim, error instanceof ExdataError ? error.code : 'internal', String(error));
  }

  #payload(row: ExdataDocument): DocumentUpload {
    return {
      file: { open: () => this.spool.open(row.id), size: row.size, sha256: row.sha256 },
      filename: row.filename,
      contentType: row.contentType,
      requester: row.correlationId,
      ...(row.locale !== null && { locale: row.locale }),
      ...(row.customTypes !== null && { customTypes: row.customTypes }),
      ...(row.text !== null && { text: row.text }),
    };
  }

  #call(row: ExdataDocument, claim: Claim): CreateOptions {
    return { idempotencyKey: row.idempotencyKey, signal: claim.signal, timeoutMs: this.settings.timeoutMs, attempts: 1 };
  }

  async #begin(row: ExdataDocument): Promise<void> {
    const now = this.clock.now();
    await this.transactions.run(async (manager) => {
      const started = await manager.update(
        ExdataDocument,
        { id: row.id, state: this.where.state, work: { fence: row.work.fence } },
        { state: 'uploading', firstSentAt: row.firstSentAt ?? now, updatedAt: now },
      );
      // A webhook may have shown since the claim that exdata has the document already.
      if (started.affected !== 1) throw new Error('the row moved on before the upload began');
      await this.ledger.record(manager, row, 'uploading');
    });
  }

  async #accept(...[manager, row, claim, answer]: AcceptArguments): Promise<Applied> {
    const applied = await this.ledger.apply(manager, row.id, { document: answer.data, via: 'upload', requestId: answer.requestId });
    await claim.settle(manager, { kind: 'done', dueAt: this.ledger.nextStep(applied.document) });
    return applied;
  }

  async #refused(row: ExdataDocument, claim: Claim, error: ExdataError): Promise<void> {
    const outcome = afterUploadError(error);
    const settlement = this.#settlementOf(row, outcome, error);
    const requestId = error.requestId ?? null;
    const ended = settlement.dueAt === null;
    const state = ended && outcome.next !== 'end' ? 'failed' : outcome.state;
    const problem = { code: outcome.code, message: error.message, fields: outcome.fields, retryAt: settlement.dueAt };
    const opened = await this.transactions.run(async (manager) => {
      const current = await this.transactions.lockRow(manager, ExdataDocument, { id: row.id });
      // A webhook may have shown meanwhile that exdata has the document; then that stands.
      if (current?.exdataId !== null) {
        await claim.settle(manager, { kind: 'done', dueAt: current ? this.ledger.nextStep(current) : null });
        return [];
      }
      // The key's age counts from the first attempt that exdata may have taken.
      const firstSentAt = error.mayHaveCreatedDocument ? current.firstSentAt : row.firstSentAt;
      // With 402 exdata keeps the document, blocked.
      const document = error instanceof ExdataInsufficientCreditsError ? error.document : undefined;
      const applied = document && (await this.ledger.apply(manager, row.id, { document, via: 'upload', requestId: requestId ?? '' }));
      await manager.update(ExdataDocument, { id: row.id }, { state, problem, requestId, firstSentAt, updatedAt: this.clock.now() });
      await this.ledger.record(manager, row, ended ? state : 'upload.retry', { requestId, detail: outcome.code });
      await claim.settle(manager, settlement);
      return applied?.handlerRuns ?? [];
    });
    this.log[ended ? 'error' : 'warn'](
      `upload.${ended ? state : 'retry'}`,
      { ...this.#ids(row), requestId },
      { code: outcome.code, retryAt: settlement.dueAt },
    );
    if (state === 'rejected') await this.spool.erase(row.id);
    await Promise.all(opened.map((id) => this.work.dispatch(handlerJobName, id)));
  }

  #settlementOf(row: ExdataDocument, outcome: UploadOutcome, error: ExdataError): Settlement {
    const now = this.clock.now();
    const text = `${error.code}: ${error.message}`;
    if (outcome.next === 'end') return { kind: 'failed', dueAt: null, error: text };
    if (outcome.next === 'wait') return { kind: 'wait', dueAt: now + outcome.notBeforeMs, error: text };
    const delay = retryDelay(row.work.failures + 1, this.settings.retry, this.random);
    return { kind: 'failed', dueAt: delay === null ? null : now + Math.max(delay, outcome.notBeforeMs), error: text };
  }

  /** exdata may have forgotten the key by now, so that sending again could make, and cost, a second document. */
  async #endExpired(row: ExdataDocument, claim: Claim): Promise<void> {
    const message =
      'the idempotency key is older than exdata is trusted to know it; look for the document at exdata before it is sent anew';
    await this.#fail(row, claim, 'key_expired', message);
  }

  async #fail(row: ExdataDocument, claim: Claim, code: string, message: string): Promise<void> {
    await this.transactions.run(async (manager) => {
      const problem = { code, message, fields: null, retryAt: null };
      await manager.update(
        ExdataDocument,
        { id: row.id, state: this.where.state },
        { state: 'failed', problem, updatedAt: this.clock.now() },
      );
      await this.ledger.record(manager, row, 'failed', { detail: code });
      await claim.settle(manager, { kind: 'failed', dueAt: null, error: code });
    });
    this.log.error('upload.failed', this.#ids(row), { code });
  }

  #ids(row: ExdataDocument): LifeIds {
    return { account: row.account, sourceType: row.sourceType, sourceId: row.sourceId, documentId: row.exdataId };
  }
}

type AcceptArguments = [
  manager: Parameters<Claim['settle']>[0],
  row: ExdataDocument,
  claim: Claim,
  answer: Awaited<ReturnType<ExdataApi['documents']['create']>>,
];
