import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Clock, ExdataTransactions, WorkService } from '../dispatch/index.js';
import { newWork } from '../dispatch/index.js';
import { ExdataDocument, ExdataNotSubmittedError } from '../documents/index.js';
import type { AccountGate, DocumentHistory, ExdataAccounts, ExdataHold, ExdataSource } from '../documents/index.js';
import { ExdataFileError, ExdataSourceConflictError } from './errors.js';
import { fileTypeOf } from './file-type.js';
import type { FileType } from './file-type.js';
import { correlationIdOf, idempotencyKey } from './generation.js';
import type { Resubmission } from './resubmission.js';
import type { Spool, Spooled } from './spool.js';
import { SpoolLimitError } from './spool.js';
import { cleanFilename, nameOf, openFile } from './upload-file.js';
import { checkInput } from './upload-input.js';
import type { ExdataSubmit } from './upload-input.js';
import { uploadJobName } from './upload.job.js';

export interface ExdataSubmission {
  /** The ledger row. */
  readonly document: ExdataDocument;
  /** False when the same source had been submitted with the same bytes before: nothing is sent again. */
  readonly created: boolean;
}

/** Takes documents in: once this has answered, the document is sent to exdata once, whatever happens to the process. */
export class ExdataUploadService {
  constructor(
    private readonly maxBytes: number,
    private readonly accounts: ExdataAccounts,
    private readonly spool: Spool,
    private readonly history: DocumentHistory,
    private readonly resubmission: Resubmission,
    private readonly gate: AccountGate,
    private readonly transactions: ExdataTransactions,
    private readonly work: WorkService,
    private readonly clock: Clock,
  ) {}

  /**
   * Spools the bytes, commits the ledger row with its idempotency key, and only then has it sent.
   * The same source with the same bytes again gives the same row.
   * @throws {ExdataInputError} a field that cannot be sent
   * @throws {ExdataFileError} an empty file, one over the limit, one of a type that exdata does not read
   * @throws {ExdataSourceConflictError} the source was submitted before with other bytes
   */
  async submit(input: ExdataSubmit): Promise<ExdataSubmission> {
    checkInput(input);
    const id = randomUUID();
    const spooled = await this.#spool(id, input);
    try {
      const type = this.#check(spooled, input);
      const submission = await this.#register(id, input, spooled, type);
      if (!submission.created) await this.spool.erase(id);
      else await this.work.dispatch(uploadJobName, id);
      return submission;
    } catch (error) {
      if (!(await this.#mayBeCommitted(id))) await this.spool.erase(id);
      throw error;
    }
  }

  /**
   * Sends the source's document anew, as a new generation under a new key; the generation before keeps its history. The bytes are the stored ones.
   * @param options.reason why, in words that may stand in the history: nothing personal
   * @throws {ExdataNotSubmittedError} the source is unknown
   * @throws {ExdataResubmitError} the generation before is still worked on, or its bytes are gone
   */
  async resubmit(source: ExdataSource, { reason }: { readonly reason: string }): Promise<ExdataDocument> {
    const latest = await this.transactions.run((manager) => this.#earlier(manager, { source }));
    if (!latest) throw new ExdataNotSubmittedError(source, 'it was never submitted');
    return this.resubmission.make(latest, reason);
  }

  /** The accounts on hold, each with the reason and what is to be done. */
  holds(): Promise<ExdataHold[]> {
    return this.gate.holds();
  }

  /**
   * Ends the hold of an account, once it is topped up or its token is mended: what the hold kept back is sent, what exdata had blocked for want of credits
   * under a new key (exdata docs: Credits). Resolves to false when the account was not on hold.
   */
  async releaseHold(account?: string): Promise<boolean> {
    const { name } = this.accounts.get(account);
    const released = await this.transactions.run((manager) => this.gate.release(manager, name));
    if (released) await this.work.dispatchAll([released]);
    return released !== null;
  }

  /** A commit whose answer was lost has committed all the same; without its bytes the row would be worth nothing. */
  #mayBeCommitted(id: string): Promise<boolean> {
    return this.transactions.run((manager) => manager.existsBy(ExdataDocument, { id })).catch(() => true);
  }

  async #spool(id: string, { file, source }: ExdataSubmit): Promise<Spooled> {
    try {
      return await this.spool.write(id, openFile(file), this.maxBytes);
    } catch (error) {
      if (!(error instanceof SpoolLimitError)) throw error;
      throw new ExdataFileError('file_too_large', `the file has ${error.message}, the limit for an upload`, source);
    }
  }

  #check({ size, head }: Spooled, { file, filename, source }: ExdataSubmit): FileType {
    if (size === 0) throw new ExdataFileError('file_empty', 'the file is empty (0 bytes)', source);
    const type = fileTypeOf(head, filename ?? nameOf(file) ?? '');
    if (!type)
      throw new ExdataFileError(
        'file_type',
        'the file is none of: PDF, image, office document, e-mail, HTML, XML, text (told by its content)',
        source,
      );
    return type;
  }

  async #register(id: string, input: ExdataSubmit, spooled: Spooled, type: FileType): Promise<ExdataSubmission> {
    try {
      return await this.transactions.run((manager) => this.#insert(manager, id, input, spooled, type));
    } catch (error) {
      // Two submissions of one source at once: the unique index let one in, the other finds it here.
      const first = await this.transactions.run((manager) => this.#earlier(manager, input));
      if (!first) throw error;
      return first.id === id ? { document: first, created: true } : this.#same(first, input, spooled);
    }
  }

  async #insert(manager: EntityManager, id: string, input: ExdataSubmit, spooled: Spooled, type: FileType): Promise<ExdataSubmission> {
    const earlier = await this.#earlier(manager, input);
    if (earlier) return this.#same(earlier, input, spooled);
    const now = this.clock.now();
    const generation = 1;
    const { name: account } = this.accounts.get(input.source.account);
    const { type: sourceType, id: sourceId } = input.source;
    const key = idempotencyKey({ account, sourceType, sourceId, sha256: spooled.sha256, generation });
    const document = manager.create(ExdataDocument, {
      id,
      account,
      sourceType,
      sourceId,
      generation,
      spoolId: id,
      state: 'queued',
      idempotencyKey: key,
      correlationId: correlationIdOf(key),
      sha256: spooled.sha256,
      size: spooled.size,
      filename: cleanFilename(input.filename ?? nameOf(input.file) ?? `document.${type.extension}`),
      contentType: type.mime,
      locale: input.locale ?? null,
      customTypes: input.customTypes ? [...input.customTypes] : null,
      text: input.text ?? null,
      createdAt: now,
      updatedAt: now,
      work: newWork(now),
    });
    await manager.insert(ExdataDocument, document as never);
    await this.history.record(manager, document, 'queued');
    return { document: await manager.findOneByOrFail(ExdataDocument, { id }), created: true };
  }

  #earlier(manager: EntityManager, { source }: Pick<ExdataSubmit, 'source'>): Promise<ExdataDocument | null> {
    return manager.findOne(ExdataDocument, {
      where: { account: this.accounts.get(source.account).name, sourceType: source.type, sourceId: source.id },
      order: { generation: 'DESC' },
    });
  }

  #same(document: ExdataDocument, { source }: ExdataSubmit, { sha256 }: Spooled): ExdataSubmission {
    if (document.sha256 !== sha256) throw new ExdataSourceConflictError(source);
    return { document, created: false };
  }
}
