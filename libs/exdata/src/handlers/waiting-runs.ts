import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { DataSource } from 'typeorm';
import type { ExdataMode, Write } from '../dispatch/index.js';
import { EXDATA_DATA_SOURCE, EXDATA_MODE, Writes } from '../dispatch/index.js';
import { ExdataHandler } from './handler.entity.js';
import type { ExdataHandlerSubject } from './handler.entity.js';
import { EXDATA_HANDLER_SUBJECTS } from './handler-subject.js';
import type { HandlerSubject } from './handler-subject.js';
import { OpenRuns } from './open-runs.js';
import { Inject } from '../injection/index.js';

/** A handler with the rows of the states or events that it is to be called for. */
export interface HandlerGroup {
  readonly subject: ExdataHandlerSubject;
  readonly handler: string;
  readonly rows: readonly ExdataHandler[];
  /** When a process that has it was last seen (epoch ms). */
  readonly lastSeenAt: number;
}

/** The rows by handler, in their order. */
export function groupsOf(rows: readonly ExdataHandler[]): HandlerGroup[] {
  const groups = new Map<string, HandlerGroup>();
  for (const row of rows) {
    const { subject, handler, lastSeenAt } = row;
    const key = `${subject}:${handler}`;
    const group = groups.get(key) ?? { subject, handler, rows: [], lastSeenAt };
    groups.set(key, { ...group, rows: [...group.rows, row], lastSeenAt: Math.max(group.lastSeenAt, lastSeenAt) });
  }
  return [...groups.values()];
}

/** The runs that wait for handlers, whatever they are called for. */
@Injectable()
export class WaitingRuns {
  readonly #open: readonly { readonly of: ExdataHandlerSubject; readonly runs: OpenRuns }[];

  constructor(
    @Inject(EXDATA_HANDLER_SUBJECTS) subjects: readonly HandlerSubject[],
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(EXDATA_MODE) mode: ExdataMode,
  ) {
    this.#open = subjects.map((subject) => ({ of: subject.name, runs: new OpenRuns(subject, mode) }));
  }

  /** How many are open, by the id of the handler's row. */
  async count(rows: readonly ExdataHandler[]): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const [runs, ids] of this.#bySubject(rows))
      for (const [id, open] of await runs.count(this.dataSource.manager, ids)) counts.set(id, open);
    return counts;
  }

  /** Puts all away that are open; resolves to how many. Begun anew it goes on. */
  async discard(rows: readonly ExdataHandler[]): Promise<number> {
    let discarded = 0;
    for (const [runs, ids] of this.#bySubject(rows))
      for (let some = -1; some !== 0; discarded += some)
        some = await this.writes.run((write) => runs.discard(write, ids));
    return discarded;
  }

  /**
   * Parks those that wait for a handler that no process has: they cost nothing until it is back. The handler's rows are
   * held meanwhile, so that a process which says that it has it either comes first, or finds them parked and wakes
   * them.
   */
  async park(rows: readonly ExdataHandler[], isGone: (lastSeenAt: number) => boolean): Promise<void> {
    for (const [runs, ids] of this.#bySubject(rows))
      while ((await this.writes.run((write) => parkSome(write, runs, ids, isGone))) > 0);
  }

  /** Makes due what was parked for a handler that is back. Begun anew it goes on. */
  async wake(rows: readonly ExdataHandler[]): Promise<void> {
    for (const [runs, ids] of this.#bySubject(rows)) {
      while ((await this.writes.run((write) => runs.wake(write, ids))) > 0);
      await this.writes.run(({ manager }) => manager.update(ExdataHandler, { id: In(ids) }, { parkedAt: null }));
    }
  }

  #bySubject(rows: readonly ExdataHandler[]): [OpenRuns, string[]][] {
    return this.#open.flatMap(({ of, runs }): [OpenRuns, string[]][] => {
      const ids = rows.filter(({ subject }) => subject === of).map(({ id }) => id);
      return ids.length === 0 ? [] : [[runs, ids]];
    });
  }
}

async function parkSome(
  write: Write,
  runs: OpenRuns,
  ids: readonly string[],
  isGone: (lastSeenAt: number) => boolean,
): Promise<number> {
  const rows = [];
  for (const id of [...ids].sort()) rows.push(await write.lockRow(ExdataHandler, { id }));
  if (rows.some((row) => row && !isGone(row.lastSeenAt))) return 0;
  const parked = await runs.park(write, ids);
  if (parked > 0) await write.manager.update(ExdataHandler, { id: In([...ids]) }, { parkedAt: write.now });
  return parked;
}
