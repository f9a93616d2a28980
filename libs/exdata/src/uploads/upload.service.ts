import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Clock, ExdataTransactions, WorkService } from '../dispatch/index.js';
import { newWork } from '../dispatch/index.js';
import { ExdataDocument, ExdataNotSubmittedError } from '../documents/index.js';
import type { AccountGate, DocumentHistory, ExdataAccounts, ExdataHold, ExdataSource } from '../documents/index.js';
import { ExdataSourceConflictError } from './errors.js';
import { correlationIdOf, idempotencyKey } from './generation.js';
import type { ProgressReports } from './progress-reports.js';
import type { Resubmission } from './resubmission.js';
import { checkResubmit, submittedOf } from './resubmit-input.js';
import type { ExdataResubmit, ExdataSubmit } from './upload-input.js';
import { fieldsOf } from './upload-input.js';
import type { TakenFile, UploadIntake } from './upload-intake.js';
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
    private readonly accounts: ExdataAccounts,
    private readonly intake: UploadIntake,
    private readonly progress: ProgressReports,
    private readonly history: DocumentHistory,
    private readonly resubmission: Resubmission,
    private readonly gate: AccountGate,
    private readonly transactions: ExdataTransactions,
    private readonly work: WorkService,
    private readonly clock: Clock,
  ) {}

  /**
   * Reads and checks the bytes, spools them unless they are a reference, commits the ledger row with its idempotency key, and only then has it sent.
   * The same source with the same bytes again gives the same row.
   * @throws {ExdataInputError} a field that cannot be sent
   * @throws {ExdataFileError} an empty file, one over the limit, one of a type that is not allowed or that its name belies, one that cannot be read
   * @throws {ExdataSpoolError} the spool could not take the file
   * @throws {ExdataSourceConflictError} the source was submitted before with other bytes
   */
  async submit(input: ExdataSubmit): Promise<ExdataSubmission> {
    const id = randomUUID();
    const taken = await this.intake.take(id, input);
    if (input.onProgress) this.progress.watch(id, input.onProgress);
    try {
      const submission = await this.#register(id, input, taken);
      if (submission.created) await this.work.dispatch(uploadJobName, id);
      else await this.#drop(id, taken);
      return submission;
    } catch (error) {
      if (!(await this.#mayBeCommitted(id))) await this.#drop(id, taken);
      throw error;
    }
  }

  /**
   * Sends the source's document anew, as a new generation under a new key; the generation before keeps its history. The bytes are the stored ones, unless
   * a file is given: exdata has those of a document that it took, so that nothing is stored of it any more. Name and fields are as before unless given.
   * @throws {ExdataInputError} no reason, a source that cannot be one, or a field that cannot be sent
   * @throws {ExdataNotSubmittedError} the source is unknown
   * @throws {ExdataResubmitError} the generation before is still worked on, or its bytes are gone and no file is given
   * @throws {ExdataFileError} the file that is given cannot be sent, or the name belies it
   */
  async resubmit(source: ExdataSource, given: ExdataResubmit): Promise<ExdataDocument> {
    checkResubmit(source, given);
    const { reason, file, filename } = given;
    const latest = await this.transactions.run((manager) => this.#earlier(manager, { source }));
    if (!latest) throw new ExdataNotSubmittedError(source, 'it was never submitted');
    const id = randomUUID();
    const fields = fieldsOf(given);
    if (file === undefined) {
      const renamed = filename === undefined ? {} : { filename: this.intake.rename(latest, filename) };
      return this.resubmission.make(latest, reason, id, { ...fields, ...renamed });
    }
    const taken = await this.intake.take(id, { ...submittedOf(given), source, file });
    try {
      return await this.resubmission.make(latest, reason, id, fields, taken);
    } catch (error) {
      if (!(await this.#mayBeCommitted(id))) await this.#drop(id, taken);
      throw error;
    }
  }

  /** The accounts on hold, each with the reason and what is to be done. */
  holds(): Promise<ExdataHold[]> {
    return this.gate.holds();
  }

  /**
   * Ends the hold of an account, once it is topped up or its token is mended: what the hold kept back is sent, what exdata had blocked for want of credits
   * under a new key (exdata docs: Credits). Ends a wait that exdata asked for too, so that a person need not sit out one that cannot be meant.
   * Resolves to false when the account neither was on hold nor had to wait.
   */
  async releaseHold(account?: string): Promise<boolean> {
    const { name } = this.accounts.get(account);
    const { lifted, released } = await this.transactions.run(async (manager) => ({
      lifted: await this.gate.lift(manager, name),
      released: await this.gate.release(manager, name),
    }));
    if (released) await this.work.dispatchAll([released]);
    return lifted || released !== null;
  }

  async #drop(id: string, taken: TakenFile): Promise<void> {
    this.progress.forget(id);
    await this.intake.drop(taken);
  }

  /** A commit whose answer was lost has committed all the same; without its bytes the row would be worth nothing. */
  #mayBeCommitted(id: string): Promise<boolean> {
    return this.transactions.run((manager) => manager.existsBy(ExdataDocument, { id })).catch(() => true);
  }

  async #register(id: string, input: ExdataSubmit, taken: TakenFile): Promise<ExdataSubmission> {
    try {
      return await this.transactions.run((manager) => this.#insert(manager, id, input, taken));
    } catch (error) {
      // Two submissions of one source at once: the unique index let one in, the other finds it here.
      const first = await this.transactions.run((manager) => this.#earlier(manager, input));
      if (!first) throw error;
      return first.id === id ? { document: first, created: true } : this.#same(first, input, taken);
    }
  }

  async #insert(manager: EntityManager, id: string, input: ExdataSubmit, taken: TakenFile): Promise<ExdataSubmission> {
    const earlier = await this.#earlier(manager, input);
    if (earlier) return this.#same(earlier, input, taken);
    const now = this.clock.now();
    const generation = 1;
    const { name: account } = this.accounts.get(input.source.account);
    const { type: sourceType, id: sourceId } = input.source;
    const key = idempotencyKey({ account, sourceType, sourceId, sha256: taken.sha256, generation });
    const document = manager.create(ExdataDocument, {
      id,
      account,
      sourceType,
      sourceId,
      generation,
      state: 'queued',
      idempotencyKey: key,
      correlationId: correlationIdOf(key),
      ...taken,
      ...{ locale: null, customTypes: null, text: null, ...fieldsOf(input) },
      createdAt: now,
      updatedAt: now,
      work: newWork(now),
    });
    await manager.insert(ExdataDocument, document as never);
    await this.history.record(manager, document, 'queued');
    await this.intake.keep(manager, taken);
    return { document: await manager.findOneByOrFail(ExdataDocument, { id }), created: true };
  }

  #earlier(manager: EntityManager, { source }: Pick<ExdataSubmit, 'source'>): Promise<ExdataDocument | null> {
    return manager.findOne(ExdataDocument, {
      where: { account: this.accounts.get(source.account).name, sourceType: source.type, sourceId: source.id },
      order: { generation: 'DESC' },
    });
  }

  #same(document: ExdataDocument, { source }: ExdataSubmit, { sha256 }: TakenFile): ExdataSubmission {
    if (document.sha256 !== sha256) throw new ExdataSourceConflictError(source);
    return { document, created: false };
  }
}
