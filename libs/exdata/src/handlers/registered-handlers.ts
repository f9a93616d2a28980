import { Injectable } from '@nestjs/common';
import { In, IsNull, LessThan, Not } from 'typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, ExdataTransactions, hasPassed, newWork } from '../dispatch/index.js';
import type { ExdataClock } from '../dispatch/index.js';
import { ExdataHandler } from './handler.entity.js';
import type { ExdataHandlerSubject } from './handler.entity.js';
import type { LocalHandler } from './local-handlers.js';
import { LocalHandlers } from './local-handlers.js';
import { EXDATA_WORK } from '../config/index.js';
import { Inject } from '../injection/index.js';

/**
 * How old the list may be by which runs are opened, in milliseconds. What ends meanwhile is offered by the process that
 * has the new handler.
 */
export const listAgeMs = 5_000;
/** How far the clocks of two processes may be apart, in milliseconds. */
const clockSkewMs = 5_000;
/** A process says at most so often that it has its handlers, in milliseconds. */
const seenEveryMs = 30_000;

export interface HandlerSettings {
  /** How long no process may have been seen with a handler before it is missing, in milliseconds. */
  readonly handlerMissingAfterMs: number;
}

/** The handlers that all processes together have, as the table knows them. */
@Injectable()
export class RegisteredHandlers {
  #list: readonly ExdataHandler[] = [];
  #readAt: number | undefined;

  constructor(
    @Inject(LocalHandlers) private readonly local: LocalHandlers,
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_WORK) private readonly settings: HandlerSettings,
  ) {}

  /** Enters the handlers that this process has; before it works on anything. */
  async register(): Promise<void> {
    const { all } = this.local;
    const now = this.clock.now();
    await this.transactions.run(async (manager) => {
      const rows = await manager.findBy(ExdataHandler, { id: In(all.map(({ id }) => id)) });
      const known = new Map(rows.map((row) => [row.id, row]));
      for (const handler of all) await this.#enter(manager, handler, known.get(handler.id), now);
    });
    await this.read();
  }

  /** Says that they are still there. */
  async seen(): Promise<void> {
    const ids = this.local.all.map(({ id }) => id);
    if (ids.length === 0) return;
    const now = this.clock.now();
    await this.transactions.run((manager) =>
      manager.update(ExdataHandler, { id: In(ids), lastSeenAt: LessThan(now - seenEveryMs) }, { lastSeenAt: now }),
    );
  }

  /**
   * The handlers of the subject to open runs for: read at most {@link listAgeMs} ago, if need be through the given
   * manager.
   */
  async of(subject: ExdataHandlerSubject, manager?: EntityManager): Promise<readonly ExdataHandler[]> {
    if (this.#readAt === undefined || hasPassed(listAgeMs, this.#readAt, this.clock.now())) await this.read(manager);
    return this.#list.filter((handler) => handler.subject === subject);
  }

  /** Reads them anew, those that were not retired. */
  async read(manager: EntityManager = this.dataSource.manager): Promise<readonly ExdataHandler[]> {
    const readAt = this.clock.now();
    const list = await manager.findBy(ExdataHandler, { mode: this.local.mode, retiredAt: IsNull() });
    this.#list = list;
    this.#readAt = readAt;
    return list;
  }

  /** Those of them that this process has. */
  own(rows: readonly ExdataHandler[]): ExdataHandler[] {
    const ids = new Set(this.local.all.map(({ id }) => id));
    return rows.filter(({ id }) => ids.has(id));
  }

  /** Whether no process has been seen with a handler for too long; `lastSeenAt` in epoch ms. */
  isMissing(lastSeenAt: number): boolean {
    return this.clock.now() - lastSeenAt >= this.settings.handlerMissingAfterMs;
  }

  /** Those that were retired. */
  retired(): Promise<ExdataHandler[]> {
    return this.dataSource.manager.findBy(ExdataHandler, { mode: this.local.mode, retiredAt: Not(IsNull()) });
  }

  /** Takes them off the list: no run is opened for them any more. */
  async retire(rows: readonly ExdataHandler[]): Promise<void> {
    const where = { id: In(rows.map(({ id }) => id)), retiredAt: IsNull() };
    const work = { dueAt: null, leaseUntil: null, fence: () => 'fence + 1', finishes: () => 'starts' };
    const retiredAt = this.clock.now();
    await this.transactions.run((manager) => manager.update(ExdataHandler, where, { retiredAt, work }));
    await this.read();
  }

  async #enter(
    manager: EntityManager,
    handler: LocalHandler,
    row: ExdataHandler | undefined,
    now: number,
  ): Promise<void> {
    const { id, subject, handler: name, topic, replays, from } = handler;
    const anew = {
      fromAt: from ?? now - clockSkewMs,
      registeredAt: now,
      retiredAt: null,
      parkedAt: null,
      placeAt: null,
      placeId: null,
    };
    if (!row) {
      const { mode } = this.local;
      await this.transactions.insertUnlessThere(manager, ExdataHandler, {
        ...{ id, mode, subject, handler: name, topic, replays, lastSeenAt: now },
        ...anew,
        work: newWork(now),
      });
      return;
    }
    const isEarlier = from !== null && from < row.fromAt;
    const again = row.retiredAt !== null ? anew : isEarlier ? { fromAt: from, placeAt: null, placeId: null } : null;
    await manager.update(ExdataHandler, { id }, { replays, lastSeenAt: now, ...again });
    // The fence is raised: a look that is under way began elsewhere.
    if (again)
      await manager.update(
        ExdataHandler,
        { id },
        { work: { dueAt: now, leaseUntil: null, fence: () => 'fence + 1', finishes: () => 'starts' } },
      );
  }
}
