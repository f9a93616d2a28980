import { Injectable } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import type { FindOptionsWhere } from 'typeorm';
import { ExdataError } from '../api/index.js';
import type { Attempt, ExdataClock, Job } from '../dispatch/index.js';
import { EXDATA_CLOCK, PoisonError, Writes } from '../dispatch/index.js';
import { AccountReads } from './accounts/index.js';
import { DocumentLedger } from './document-ledger.js';
import { ExdataLink } from './link.entity.js';
import type { PollSchedule } from './poll-schedule.js';
import { afterReadError } from './read-outcome.js';
import { UnreadDocuments } from './unread-documents.js';
import { EXDATA_POLLING } from '../config/index.js';
import { Inject } from '../injection/index.js';

export const pollJobName = 'poll';

/** After looks that processes may have died of, in milliseconds: should they die again, then seldom. */
const afterDeathsMs = 3_600_000;

/** Looks at a pending document whose webhook has not come. */
@Injectable()
export class PollJob implements Job<ExdataLink> {
  readonly name = pollJobName;
  readonly entity = ExdataLink;
  readonly where: FindOptionsWhere<ExdataLink> = { state: 'pending', exdataId: Not(IsNull()) };
  readonly asksAs = 'account';
  readonly timeoutMs = 30_000;

  constructor(
    @Inject(AccountReads) private readonly reads: AccountReads,
    @Inject(UnreadDocuments) private readonly unread: UnreadDocuments,
    @Inject(DocumentLedger) private readonly ledger: DocumentLedger,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_POLLING) private readonly polling: Pick<PollSchedule, 'maxMs'>,
  ) {}

  async run(attempt: Attempt<ExdataLink>): Promise<void> {
    try {
      await this.#look(attempt);
    } catch (error) {
      // A webhook may have come first; then nothing is left to be looked at.
      if (!(await this.#settleIfMoved(attempt))) await this.#failed(attempt, error);
    }
  }

  /** Looking harms nothing: a row whose looks go wrong is looked at again, slowly. */
  async giveUp(attempt: Attempt<ExdataLink>, error: unknown): Promise<void> {
    const isPoison = error instanceof PoisonError;
    const dueAt = this.clock.now() + (isPoison ? Math.max(afterDeathsMs, this.polling.maxMs) : this.polling.maxMs);
    const { code, requestId = null } = error instanceof ExdataError ? error : { code: 'poll_failed' };
    const problem = { code, message: String(error), fields: null, retryAt: dueAt };
    await this.writes.run(async (write) => {
      await this.unread.pending(write, attempt.row, problem, requestId);
      // With the deaths counted on, no further look would be one.
      await attempt.settle(write, isPoison ? { kind: 'done', dueAt } : { kind: 'wait', dueAt, error: String(error) });
    });
  }

  /** @throws {unknown} the error, where it may go better on the schedule */
  async #failed(attempt: Attempt<ExdataLink>, error: unknown): Promise<void> {
    const { row } = attempt;
    const outcome = afterReadError(error, row.work.failures);
    if (outcome === 'end') return this.giveUp(attempt, error);
    if (error instanceof ExdataError) await this.unread.document(row, error, outcome);
    throw error;
  }

  async #look(attempt: Attempt<ExdataLink>): Promise<void> {
    const { row, span, signal } = attempt;
    const { account, sourceType, sourceId, exdataId } = row;
    span.identify({ account, sourceType, sourceId, documentId: exdataId });
    const { data, requestId } = await this.reads.document(row, exdataId ?? '', { signal });
    span.identify({ requestId });
    await this.writes.run((write) =>
      this.ledger.apply(write, row.id, { document: data, via: 'poll', requestId }, attempt),
    );
  }

  #settleIfMoved(attempt: Attempt<ExdataLink>): Promise<boolean> {
    return this.writes.run((write) => this.ledger.settleIfMoved(write, attempt)).catch(() => false);
  }
}
