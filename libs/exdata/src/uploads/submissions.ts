import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newWork, Writes } from '../dispatch/index.js';
import type { Write } from '../dispatch/index.js';
import { AccountGate, DocumentHistory, ExdataAccounts, ExdataLink, GatePasses } from '../documents/index.js';
import type { ExdataSource } from '../documents/index.js';
import { Inject } from '../injection/index.js';
import { ExdataSourceConflictError } from './errors.js';
import { correlationIdOf, idempotencyKey, nothingKnown } from './generation.js';
import type { ExdataSubmit } from './upload-input.js';
import { fieldsOf } from './upload-input.js';
import type { TakenFile } from './upload-intake.js';
import { UploadIntake } from './upload-intake.js';
import { uploadJobName } from './upload.job.js';
import { begun, isPlainlyOpen } from './upload-birth.js';

/** What `submit` and its like answer. */
export interface ExdataSubmission {
  /** The row of the ledger, committed: it is sent from now on, whatever happens to this process. */
  readonly link: ExdataLink;
  /** False when the same source had been submitted with the same bytes before: nothing is sent again. */
  readonly created: boolean;
}

/** Enters what is submitted into the ledger, once for each source. */
@Injectable()
export class Submissions {
  constructor(
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(UploadIntake) private readonly intake: UploadIntake,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(AccountGate) private readonly gate: AccountGate,
    @Inject(GatePasses) private readonly passes: GatePasses,
  ) {}

  /** The last generation of the source's document. */
  latest(source: ExdataSource): Promise<ExdataLink | null> {
    return this.writes.once((manager) => this.#earlier(manager, { source }));
  }

  /**
   * Commits the row, and has it sent.
   * @throws {ExdataSourceConflictError} the source was submitted before with other bytes
   */
  async register(id: string, input: ExdataSubmit, taken: TakenFile): Promise<ExdataSubmission> {
    try {
      return await this.writes.run((write) => this.#insert(write, id, input, taken));
    } catch (error) {
      this.passes.use(id);
      const first = await this.writes.run(async (write) => {
        const found = await this.#earlier(write.manager, input);
        // It was committed after all, and only the answer was lost.
        if (found?.id === id) write.wakes({ job: uploadJobName, id });
        return found;
      });
      if (!first) throw error;
      return first.id === id ? { link: first, created: true } : this.#same(first, input, taken);
    }
  }

  async #insert(write: Write, id: string, input: ExdataSubmit, taken: TakenFile): Promise<ExdataSubmission> {
    const { manager, now } = write;
    const generation = 1;
    const owner = this.accounts.key(input.source.account);
    const { type: sourceType, id: sourceId } = input.source;
    const key = idempotencyKey({ ...owner, sourceType, sourceId, sha256: taken.sha256, generation });
    const link = manager.create(ExdataLink, {
      id,
      ...owner,
      sourceType,
      sourceId,
      generation,
      state: 'queued',
      idempotencyKey: key,
      correlationId: correlationIdOf(key),
      ...nothingKnown,
      ...taken,
      ...fieldsOf(input),
      createdAt: now,
      updatedAt: now,
      work: newWork(now),
    });
    const work = write.dueWork({ job: uploadJobName, account: owner.account });
    const isBegun = work.leaseUntil !== null && (await this.#passes(link, manager));
    if (isBegun) Object.assign(link, begun, { firstSentAt: now, work });
    if (!(await write.insertUnlessThere(ExdataLink, link as never))) {
      this.passes.use(id);
      return this.#same(await this.#first(manager, input), input, taken);
    }
    await this.history.recordAll(
      write,
      link,
      (isBegun ? ['queued', begun.state] : ['queued']).map((what) => ({ what })),
    );
    await this.intake.keep(manager, taken);
    // The caller's copy stays as it was committed.
    write.begins({ job: uploadJobName, id }, manager.create(ExdataLink, link));
    return { link, created: true };
  }

  /** Whether the upload may begin with the insert of its row. */
  async #passes(link: ExdataLink, manager: EntityManager): Promise<boolean> {
    this.passes.give(link.id, link.account);
    const isOpen = isPlainlyOpen(await this.gate.forUpload(link, manager));
    if (!isOpen) this.passes.use(link.id);
    return isOpen;
  }

  async #first(manager: EntityManager, input: ExdataSubmit): Promise<ExdataLink> {
    const first = await this.#earlier(manager, input);
    if (!first) throw new Error('the ledger refused a row whose twin it does not have');
    return first;
  }

  #earlier(manager: EntityManager, { source }: Pick<ExdataSubmit, 'source'>): Promise<ExdataLink | null> {
    return manager.findOne(ExdataLink, {
      where: { ...this.accounts.key(source.account), sourceType: source.type, sourceId: source.id },
      order: { generation: 'DESC' },
    });
  }

  #same(link: ExdataLink, { source }: ExdataSubmit, { sha256 }: TakenFile): ExdataSubmission {
    if (link.sha256 !== sha256) throw new ExdataSourceConflictError(source);
    return { link, created: false };
  }
}
