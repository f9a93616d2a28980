import { Injectable } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import { EXDATA_OPEN_SPAN, LeasedAttempt } from './attempt.js';
import type { OpenSpan } from './attempt.js';
import type { Births } from './births.js';
import { FailedAttempts } from './failed-attempts.js';
import { PoisonError } from './job.js';
import type { Job, ExdataJobRef } from './job.js';
import { Leases } from './leases.js';
import type { ExdataWorkReport } from './report.js';
import { nothing, reportOf, wordFor } from './report.js';
import { Retries } from './retries.js';
import type { WorkRow } from './work.columns.js';
import { WorkWatch } from './work-watch.js';
import { Writes } from './writes.js';
import { Inject } from '../injection/index.js';

/** Starts without a finish after which a row kills no further worker. */
const poisonAfter = 3;

/** Works one row: takes a lease on it, opens the attempt's span, sees to it that the attempt is settled. */
@Injectable()
export class Worker {
  readonly #stopping = new AbortController();

  constructor(
    @Inject(Leases) private readonly leases: Leases,
    @Inject(FailedAttempts) private readonly failed: FailedAttempts,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(Retries) private readonly retries: Retries,
    @Inject(WorkWatch) private readonly watch: WorkWatch,
    @Inject(EXDATA_OPEN_SPAN) private readonly openSpan: OpenSpan,
  ) {
    // Each row at work listens until it is done, and a host may have more at once than the ten at which Node.js
    // suspects a leak.
    setMaxListeners(Infinity, this.#stopping.signal);
  }

  /** Rows that are inserted with a lease of this process. */
  get births(): Births {
    return this.leases.births;
  }

  /** Aborts the signals of all attempts; their work ends early and is due again. */
  stop(): void {
    this.#stopping.abort(new Error('the application is shutting down'));
  }

  /** Never rejects: what fails is written to the row, and told to the watch where even that fails. */
  async work(job: Job<WorkRow>, id: string): Promise<ExdataWorkReport> {
    const ref = { job: job.name, id };
    // One that was born here is worked on all the same: that gives it back.
    if (this.births.has(ref)) return this.#worked(job, ref);
    // What a queue hands out before it has heard of the shutdown is for another process, or for the next.
    if (this.#stopping.signal.aborted) return { outcome: 'waiting', dueAt: this.retries.soon() };
    // A database that is away is not asked for each row: what is left out here the sweeper repeats.
    const { restUntil } = this.watch;
    if (restUntil !== null) return { outcome: 'waiting', dueAt: restUntil };
    return this.#worked(job, ref);
  }

  /** Gives a row back that was born here, and that nobody can work on now. */
  async giveBack(job: Job<WorkRow>, ref: ExdataJobRef, why: string): Promise<void> {
    await this.leases.giveBack(job, ref, why).catch((error: unknown) => this.watch.unreached(ref, error));
  }

  async #worked(job: Job<WorkRow>, ref: ExdataJobRef): Promise<ExdataWorkReport> {
    try {
      return await this.writes.detached(() => this.#attempt(job, ref));
    } catch (error) {
      this.watch.unreached(ref, error);
      // The row could not be read or written: it is as it was, and due again when its lease, if it has one, is over.
      return { outcome: 'failed', dueAt: this.retries.soon(), error: wordFor(String(error)) };
    }
  }

  async #attempt(job: Job<WorkRow>, { id }: ExdataJobRef): Promise<ExdataWorkReport> {
    const leasing = await this.leases.take(job, id, this.#stopping.signal);
    this.watch.reached();
    if (!leasing.lease) return leasing.report;
    const { lease } = leasing;
    try {
      return await this.openSpan(job.name, (span) => this.#settled(job, new LeasedAttempt(lease, span)));
    } catch (error) {
      this.leases.endedUnwritten(job, id);
      throw error;
    } finally {
      lease.end();
    }
  }

  /** Resolves to how the attempt was settled. */
  async #settled(job: Job<WorkRow>, attempt: LeasedAttempt): Promise<ExdataWorkReport> {
    const { lease } = attempt;
    try {
      await this.#run(job, attempt);
    } catch (error) {
      attempt.span.fail(error);
      const isSettled = await this.failed.settle(job, attempt, error);
      if (!isSettled && !lease.settlement) return nothing;
    }
    return lease.settlement ? reportOf(lease.settlement) : { outcome: 'waiting', dueAt: attempt.row.work.leaseUntil };
  }

  async #run(job: Job<WorkRow>, attempt: LeasedAttempt): Promise<void> {
    const { lease, row } = attempt;
    // The claim may have been long in coming: nothing begins on the rest of a lease.
    await attempt.step(job.timeoutMs);
    // This start is counted already; the ones before it that never finished are deaths.
    const deaths = row.work.starts - 1 - row.work.finishes;
    if (deaths >= poisonAfter) await job.giveUp(attempt, new PoisonError());
    else await job.run(attempt);
    if (!lease.settlement) throw new Error(`job ${job.name} ended without settling row ${row.id}`);
  }
}
