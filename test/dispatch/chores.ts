import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DataSource, FindOptionsWhere } from 'typeorm';
import {
  AccountsLeft,
  Births,
  FailedAttempts,
  Leases,
  modeColumn,
  newWork,
  PoisonError,
  Retries,
  systemClock,
  Waker,
  Work,
  Worker,
  WorkWatch,
  Writes,
} from '../../libs/exdata/src/dispatch/index.js';
import type {
  Attempt,
  Claims,
  ExdataClock,
  ExdataDispatcher,
  ExdataMode,
  ExdataTransactions,
  Job,
  RetrySchedule,
  Settlement,
  WorkRow,
} from '../../libs/exdata/src/dispatch/index.js';

/** Some table with work to do. */
@Entity()
export class Chore {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column(modeColumn)
  mode!: ExdataMode;

  @Column({ type: 'varchar', length: 20 })
  state!: string;

  @Column(() => Work, { prefix: false })
  work!: Work;
}

/** Does what `act` says, and remembers what it did. */
export class ChoreJob implements Job<Chore> {
  /** One of the kinds that queues know. */
  readonly name = 'poll';
  readonly entity = Chore;
  readonly where: FindOptionsWhere<WorkRow> & { state: string } = { state: 'open' };
  readonly ran: string[] = [];
  act: (attempt: Attempt<Chore>) => Promise<void> = (attempt) => this.end(attempt);

  readonly #writes: Writes;

  constructor(
    transactions: ExdataTransactions,
    readonly timeoutMs = 20_000,
  ) {
    this.#writes = writesOf(transactions);
  }

  async run(attempt: Attempt<Chore>): Promise<void> {
    this.ran.push(attempt.row.id);
    await this.act(attempt);
  }

  async giveUp(attempt: Attempt<Chore>, error: unknown): Promise<void> {
    const state = error instanceof PoisonError ? 'poison' : 'dead';
    await this.end(attempt, state, { kind: 'failed', dueAt: null, error: String(error) });
  }

  /** Ends the row in the given state. */
  async end(
    attempt: Attempt<Chore>,
    state = 'done',
    settlement: Settlement = { kind: 'done', dueAt: null },
  ): Promise<void> {
    await this.#writes.run(async (write) => {
      await write.manager.update(Chore, { id: attempt.row.id }, { state });
      await attempt.settle(write, settlement);
    });
  }

  /** Leaves the row open, to be gone on with at `dueAt`, or once it is woken. */
  async wait(attempt: Attempt<Chore>, dueAt: number | null): Promise<void> {
    await this.#writes.run((write) => attempt.settle(write, { kind: 'wait', dueAt, error: 'not yet: for a reason' }));
  }
}

/** Writes that wake nothing. */
function writesOf(
  transactions: ExdataTransactions,
  births = new Births(systemClock, { leaseMs: 30_000 }, new AccountsLeft()),
): Writes {
  const nowhere: ExdataDispatcher = {
    shared: false,
    start: () => undefined,
    dispatch: () => undefined,
    stop: () => Promise.resolve(),
  };
  const watch = new WorkWatch(
    systemClock,
    () => 1,
    transactions,
    () => undefined,
  );
  return new Writes(transactions, new Waker(nowhere, watch), systemClock, births);
}

export interface WorkerParts {
  readonly claims: Claims;
  readonly transactions: ExdataTransactions;
  readonly clock: ExdataClock;
  readonly leaseMs: number;
  readonly retry: RetrySchedule;
  readonly watch: WorkWatch;
  readonly left?: AccountsLeft;
}

/** A worker without chance in its retries, and without traces. */
export function workerOf({ claims, transactions, clock, leaseMs, retry, watch, left }: WorkerParts): Worker {
  const births = new Births(clock, { leaseMs }, left ?? new AccountsLeft());
  const writes = writesOf(transactions, births);
  const retries = new Retries(retry, clock, () => 1);
  const failed = new FailedAttempts(claims, writes, retries, clock, watch);
  const span = { identify: () => undefined, note: () => undefined, fail: () => undefined };
  const leases = new Leases(claims, clock, { leaseMs }, births, transactions);
  return new Worker(leases, failed, writes, retries, watch, (_job, work) => work(span));
}

export async function addChores(
  source: DataSource,
  ids: readonly string[],
  dueAt: number | null = Date.now(),
  mode: ExdataMode = 'test',
): Promise<void> {
  await source.manager.insert(
    Chore,
    ids.map((id) => ({ id, mode, state: 'open', work: newWork(dueAt) })),
  );
}

export const choreOf = (source: DataSource, id: string): Promise<Chore> =>
  source.manager.findOneByOrFail(Chore, { id });

export { until } from '../until.js';

/** A promise with its key. */
export function latch<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open };
}
