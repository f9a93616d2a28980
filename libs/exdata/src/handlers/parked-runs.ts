import { In, IsNull, LessThanOrEqual, Not } from 'typeorm';
import type { EntityManager, FindOptionsWhere } from 'typeorm';
import type { ExdataMode, WorkRow, Write } from '../dispatch/index.js';

/** Runs written with one statement. */
const atOnce = 500;

/** A run of a handler, as far as it is parked and woken. */
interface Run extends WorkRow {
  outcome: string;
  registrationId: string;
}
type Where = FindOptionsWhere<Run>;

/** Open runs of one kind, which wait for handlers of the given rows. */
export class ParkedRuns {
  constructor(
    private readonly entity: new () => Run,
    private readonly mode: ExdataMode,
  ) {}

  /** As {@link HandlerSubject.park}. */
  park({ manager, now }: Write, ids: readonly string[]): Promise<number> {
    const due = { dueAt: Not(IsNull()) };
    const free = [IsNull(), LessThanOrEqual(now)].map((leaseUntil) => ({
      ...this.#open(ids),
      work: { ...due, leaseUntil },
    }));
    return this.#write(manager, free, null);
  }

  /** As {@link HandlerSubject.wake}. */
  wake({ manager, now }: Write, ids: readonly string[]): Promise<number> {
    return this.#write(manager, [{ ...this.#open(ids), work: { dueAt: IsNull() } }], now);
  }

  #open(ids: readonly string[]): Where {
    return { mode: this.mode, outcome: 'open', registrationId: In([...ids]) };
  }

  async #write(manager: EntityManager, where: Where[], dueAt: number | null): Promise<number> {
    const rows = await manager.find(this.entity, { select: { id: true }, where, take: atOnce });
    const which: Where = { id: In(rows.map(({ id }) => id)), outcome: 'open' };
    if (rows.length > 0) await manager.update(this.entity, which, { work: { dueAt } });
    return rows.length;
  }
}
