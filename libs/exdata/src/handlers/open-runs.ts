import { In, IsNull, LessThanOrEqual, Not } from 'typeorm';
import type { EntityManager, FindOptionsWhere } from 'typeorm';
import { putAway } from '../dispatch/index.js';
import type { ExdataMode, Write } from '../dispatch/index.js';
import type { HandlerRun } from './handler-run.js';
import type { HandlerSubject } from './handler-subject.js';

/** Runs parked or woken with one statement. */
const atOnce = 500;
/** Runs put away in one transaction: few enough to hold no one up. */
const discardedAtOnce = { together: 100, singly: 10 };

type Where = FindOptionsWhere<HandlerRun>;

/** Open runs for one subject, which wait for handlers of the given rows. */
export class OpenRuns {
  constructor(
    private readonly subject: HandlerSubject,
    private readonly mode: ExdataMode,
  ) {}

  /** How many there are, by the id of the handler's row. */
  async count(manager: EntityManager, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counted = await manager
      .createQueryBuilder(this.subject.entity, 'run')
      .select('run.registrationId', 'id')
      .addSelect('count(*)', 'open')
      .where(this.#of(ids))
      .groupBy('run.registrationId')
      .getRawMany<{ id: string; open: string | number }>();
    return new Map(counted.map(({ id, open }) => [id, Number(open)]));
  }

  /**
   * Parks a bounded number of runs that are due at any time and held by nobody: no look for due rows meets them any
   * more.
   * @returns how many; 0 when none are left
   */
  park({ manager, now }: Write, ids: readonly string[]): Promise<number> {
    const due = { dueAt: Not(IsNull()) };
    const free = [IsNull(), LessThanOrEqual(now)].map((leaseUntil) => ({
      ...this.#of(ids),
      work: { ...due, leaseUntil },
    }));
    return this.#write(manager, free, null);
  }

  /** Makes a bounded number of parked runs due. @returns how many; 0 when none are left */
  wake({ manager, now }: Write, ids: readonly string[]): Promise<number> {
    return this.#write(manager, [{ ...this.#of(ids), work: { dueAt: IsNull() } }], now);
  }

  /** Puts a bounded number of runs away. @returns how many; 0 when none are left */
  async discard(write: Write, ids: readonly string[]): Promise<number> {
    const { subject } = this;
    const { together, singly } = discardedAtOnce;
    const take = subject.discarded ? singly : together;
    const runs = await write.manager.find(subject.entity, { where: this.#of(ids), take });
    // Where something comes with it, each is put away by itself: a worker may have ended it since it was read.
    if (!subject.discarded) await this.#putAway(write, runs);
    else for (const run of runs) if ((await this.#putAway(write, [run])) === 1) await subject.discarded(write, run);
    return runs.length;
  }

  #of(ids: readonly string[]): Where {
    return { mode: this.mode, outcome: 'open', registrationId: In([...ids]) };
  }

  async #write(manager: EntityManager, where: Where[], dueAt: number | null): Promise<number> {
    const rows = await manager.find(this.subject.entity, { select: { id: true }, where, take: atOnce });
    if (rows.length > 0) await manager.update(this.subject.entity, stillOpen(rows), { work: { dueAt } });
    return rows.length;
  }

  async #putAway({ manager, now }: Write, runs: readonly HandlerRun[]): Promise<number> {
    if (runs.length === 0) return 0;
    const work = { ...putAway, lastError: 'the handler was retired' };
    const end = { outcome: 'discarded' as const, endedAt: now, work };
    const { affected } = await manager.update(this.subject.entity, stillOpen(runs), end);
    return affected ?? 0;
  }
}

function stillOpen(runs: readonly HandlerRun[]): Where {
  return { id: In(runs.map(({ id }) => id)), outcome: 'open' };
}
