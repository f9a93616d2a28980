import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import { And, IsNull, Not } from 'typeorm';
import type { Claim, Clock, ExdataTransactions, Job, JobRef, WorkService } from '../dispatch/index.js';
import type { AccountGate, DocumentHistory } from '../documents/index.js';
import { accountJobName, ExdataAccountState, ExdataDocument } from '../documents/index.js';
import type { ExdataLog } from '../telemetry/index.js';
import { insertNextGeneration } from './generation.js';
import { uploadJobName } from './upload.job.js';
import { beforeExdata } from './upload-writer.js';

/** Rows released in one transaction: few enough to hold no one up. */
const batch = 50;

/** Sends on what a hold kept back once it is released, and lets single rows through to find out whether a hold can end. */
export class AccountJob implements Job<ExdataAccountState> {
  readonly name = accountJobName;
  readonly entity = ExdataAccountState;
  readonly where = {};
  readonly timeoutMs = 60_000;

  constructor(
    private readonly dataSource: DataSource,
    private readonly gate: AccountGate,
    private readonly history: DocumentHistory,
    private readonly transactions: ExdataTransactions,
    private readonly work: WorkService,
    private readonly clock: Clock,
    private readonly log: ExdataLog,
  ) {}

  async run(account: ExdataAccountState, claim: Claim): Promise<void> {
    const { holdId, probeRowId } = (await this.gate.find(account.id)) ?? account;
    const others = this.#keptBackByOthers(account.id, holdId);
    for (let rows = await this.#find(others); rows.length > 0; rows = await this.#find(others)) {
      claim.signal.throwIfAborted();
      await this.#sendOn(rows);
    }
    if (holdId !== null && this.gate.probeEveryMs !== null && !(await this.#isUnderWay(probeRowId))) await this.#probe(account.id, holdId);
    await this.transactions.run(async (manager) => {
      const current = await this.gate.lock(manager, account.id);
      // A hold that was released or begun meanwhile has something to be done of its own.
      const changed = current.holdId !== holdId;
      const nextProbeMs = current.holdId === null ? null : this.gate.probeEveryMs;
      const dueAt = changed ? this.clock.now() : nextProbeMs === null ? null : this.clock.now() + nextProbeMs;
      await claim.settle(manager, { kind: 'done', dueAt });
    });
  }

  /** Releasing harms nothing: it is tried again, by the sweeper or at the next release. */
  async quarantine(account: ExdataAccountState, claim: Claim): Promise<void> {
    await this.giveUp(account, claim);
  }

  async giveUp(account: ExdataAccountState, claim: Claim): Promise<void> {
    const dueAt = this.clock.now() + 300_000;
    await this.transactions.run((manager) => claim.settle(manager, { kind: 'wait', dueAt, error: 'the release could not be completed' }));
    this.log.error('account.not_released', { account: account.id });
  }

  /** Rows of the account that a hold kept back which does not stand any more. */
  #keptBackByOthers(account: string, holdId: string | null): FindOptionsWhere<ExdataDocument> {
    return { account, holdId: holdId === null ? Not(IsNull()) : And(Not(IsNull()), Not(holdId)) };
  }

  #find(where: FindOptionsWhere<ExdataDocument>): Promise<ExdataDocument[]> {
    return this.dataSource.manager.find(ExdataDocument, { where, order: { createdAt: 'ASC' }, take: batch });
  }

  async #sendOn(rows: readonly ExdataDocument[]): Promise<void> {
    const wake = await this.transactions.run(async (manager) => {
      const refs: JobRef[] = [];
      for (const { id } of rows) refs.push(...(await this.#sendOnOne(manager, id, 'released')));
      return refs;
    });
    await this.work.dispatchAll(wake);
  }

  /** What was never sent goes out as it is; what exdata blocked for want of credits under a new key (exdata docs: Credits). */
  async #sendOnOne(manager: EntityManager, id: string, why: string): Promise<JobRef[]> {
    const row = await this.transactions.lockRow(manager, ExdataDocument, { id });
    if (row?.holdId == null) return [];
    const now = this.clock.now();
    await manager.update(ExdataDocument, { id }, { holdId: null, updatedAt: now });
    if (row.state === 'blocked') return this.#renew(manager, row, why, now);
    if (row.exdataId !== null) return [];
    await manager.update(ExdataDocument, { id }, { problem: null, work: { dueAt: now } });
    await this.history.record(manager, row, why);
    return [{ job: uploadJobName, id }];
  }

  async #renew(manager: EntityManager, row: ExdataDocument, why: string, now: number): Promise<JobRef[]> {
    const { account, sourceType, sourceId, generation } = row;
    // Somebody resubmitted it meanwhile.
    if (await manager.existsBy(ExdataDocument, { account, sourceType, sourceId, generation: generation + 1 })) return [];
    const next = await insertNextGeneration(manager, row, { id: randomUUID(), reason: `${why} after a lack of credits`, now });
    await this.history.record(manager, row, why, { detail: `generation ${next.generation}` });
    await this.history.record(manager, next, 'queued', { detail: next.reason });
    return [{ job: uploadJobName, id: next.id }];
  }

  async #isUnderWay(id: string | null): Promise<boolean> {
    return id !== null && (await this.dataSource.manager.existsBy(ExdataDocument, { id, state: beforeExdata }));
  }

  /** Lets the longest waiting row through. */
  async #probe(account: string, holdId: string): Promise<void> {
    const [oldest] = await this.#find({ account, holdId });
    if (!oldest) return;
    const wake = await this.transactions.run(async (manager) => {
      const current = await this.gate.lock(manager, account);
      if (current.holdId !== holdId) return [];
      const refs = await this.#sendOnOne(manager, oldest.id, 'probe');
      const [ref] = refs;
      if (ref) await manager.update(ExdataAccountState, { id: account }, { probeRowId: ref.id });
      return refs;
    });
    this.log.info('account.probe', { account, sourceType: oldest.sourceType, sourceId: oldest.sourceId });
    await this.work.dispatchAll(wake);
  }
}
