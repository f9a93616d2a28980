import { Injectable } from '@nestjs/common';
import type { FindOptionsWhere } from 'typeorm';
import { And, IsNull, Not } from 'typeorm';
import type { Attempt, Job } from '../dispatch/index.js';
import { Writes } from '../dispatch/index.js';
import type { AccountKey, ExdataLink } from '../documents/index.js';
import {
  AccountHolds,
  accountJobName,
  AccountLimits,
  AccountRows,
  ExdataAccountState,
  keyOf,
} from '../documents/index.js';
import { Inject } from '../injection/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { KeptBack } from './kept-back.js';

/**
 * Sends on what a hold kept back once it is released, and lets single rows through to find out whether a hold can end.
 */
@Injectable()
export class AccountJob implements Job<ExdataAccountState> {
  readonly name = accountJobName;
  readonly entity = ExdataAccountState;
  readonly where = {};
  readonly timeoutMs = 60_000;

  constructor(
    @Inject(KeptBack) private readonly keptBack: KeptBack,
    @Inject(AccountRows) private readonly accounts: AccountRows,
    @Inject(AccountHolds) private readonly holds: AccountHolds,
    @Inject(AccountLimits) private readonly limits: AccountLimits,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  afterClockSetBack(): Promise<void> {
    return this.writes.run((write) => this.limits.forgetAll(write));
  }

  async run(attempt: Attempt<ExdataAccountState>): Promise<void> {
    const { row: account, signal, span } = attempt;
    span.identify({ account: account.account });
    const { holdId, probeRowId } = (await this.accounts.find(account.account)) ?? account;
    const others = this.#keptBackByOthers(account, holdId);
    for (let rows = await this.keptBack.find(others); rows.length > 0; rows = await this.keptBack.find(others)) {
      signal.throwIfAborted();
      await this.#sendOn(rows);
    }
    if (holdId !== null && this.holds.probeEveryMs !== null && !(await this.keptBack.isUnderWay(probeRowId)))
      await this.#probe(account, holdId);
    await this.writes.run(async (write) => {
      const current = await this.accounts.lock(write, account.account);
      // A hold that was released or begun meanwhile has something to be done of its own.
      const changed = current.holdId !== holdId;
      const nextProbeMs = current.holdId === null ? null : this.holds.probeEveryMs;
      const dueAt = changed ? write.now : nextProbeMs === null ? null : write.now + nextProbeMs;
      await attempt.settle(write, { kind: 'done', dueAt });
    });
  }

  /** Releasing harms nothing: it is tried again, by the sweeper or at the next release. */
  async giveUp(attempt: Attempt<ExdataAccountState>): Promise<void> {
    await this.writes.run((write) =>
      attempt.settle(write, { kind: 'wait', dueAt: write.now + 300_000, error: 'the release could not be completed' }),
    );
    this.log.error('account.not_released', { account: attempt.row.account });
  }

  /** Rows of the account that a hold kept back which does not stand any more. */
  #keptBackByOthers(account: AccountKey, holdId: string | null): FindOptionsWhere<ExdataLink> {
    return { ...keyOf(account), holdId: holdId === null ? Not(IsNull()) : And(Not(IsNull()), Not(holdId)) };
  }

  async #sendOn(rows: readonly ExdataLink[]): Promise<void> {
    await this.writes.run(async (write) => {
      for (const { id } of rows) await this.keptBack.sendOn(write, id, 'released');
    });
  }

  /** Lets the longest waiting row through. */
  async #probe({ id, mode, account }: ExdataAccountState, holdId: string): Promise<void> {
    const [oldest] = await this.keptBack.find({ mode, account, holdId });
    if (!oldest) return;
    await this.writes.run(async (write) => {
      const current = await this.accounts.lock(write, account);
      if (current.holdId !== holdId) return;
      const probeRowId = await this.keptBack.sendOn(write, oldest.id, 'probe');
      if (probeRowId !== null) await write.manager.update(ExdataAccountState, { id }, { probeRowId });
    });
    this.log.info('account.probe', { account, sourceType: oldest.sourceType, sourceId: oldest.sourceId });
  }
}
