import { Injectable } from '@nestjs/common';
import type { DataSource, FindOptionsWhere } from 'typeorm';
import { And, In, IsNull, LessThanOrEqual, MoreThan, Not } from 'typeorm';
import type { ExdataClock } from '../../dispatch/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, nextTurn, Writes } from '../../dispatch/index.js';
import { keyOf } from '../../documents/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import type { DeliveryResult } from './delivery-result.js';
import { DeliveryRuns } from './delivery-runs.js';
import { clockSkewMs } from './document-reads.js';
import { ReplayEnds } from './replay-ends.js';
import type { ReplaySettings } from './replay-settings.js';
import { EXDATA_WEBHOOK } from '../../config/index.js';
import { Inject } from '../../injection/index.js';

/**
 * When a replay works by itself that nobody has settled, in milliseconds after the read that it waits for; later where
 * that fails, which may go on for hours.
 */
const aloneAfterMs = 60_000;
const aloneAfterFailureMs = 7_200_000;
/** When one of those that came too late for a read begins the next, in milliseconds. */
const nextAfterMs = clockSkewMs + 500;
/** Replays of one statement. */
const page = 500;

/**
 * Replays that wait for the one of them that is worked on: what it finds out holds for all that came before its read,
 * and is written to hundreds with one statement. One that nobody speaks for in a minute is worked on like any other.
 */
@Injectable()
export class WaitingReplays {
  constructor(
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(DeliveryRuns) private readonly runs: DeliveryRuns,
    @Inject(ReplayEnds) private readonly ends: ReplayEnds,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_WEBHOOK) private readonly settings: ReplaySettings,
  ) {}

  /** Whether each of them is worked on by itself, since a handler asks for that. */
  areWanted(rows: readonly Pick<ExdataDelivery, 'body' | 'event'>[]): Promise<boolean> {
    const events = [...new Set(rows.map(({ event }) => event))];
    return this.runs.wantsReplays(rows[0]?.body ?? Buffer.alloc(0), events);
  }

  /** Has stored deliveries wait that nobody works on yet. */
  postpone(ids: readonly string[], known: Known): Promise<void> {
    return this.#wait(
      ids,
      known,
      this.settings.replayReadEveryMs + aloneAfterMs,
      'waits for the read of another delivery',
    );
  }

  /**
   * Has one wait for `ms` milliseconds, and then speak for all that have come by then: it needs no read that would make
   * it wait.
   */
  appoint(id: string, known: Known, ms: number): Promise<void> {
    return this.#wait([id], known, ms, 'waits for further replays, to speak for all');
  }

  /** Lets those that wait for `row` wait on: it has failed, and will be tried again. */
  async putOff(row: ExdataDelivery): Promise<void> {
    if (row.replayOf === null) return;
    await this.#allDueAt(row, this.clock.now() + aloneAfterFailureMs);
  }

  /** Ends those that came before the read by which `row` ended, and has one of the others begin the next. */
  async settle(row: ExdataDelivery, result: DeliveryResult): Promise<void> {
    if (row.replayOf === null) return;
    // A handler that wants each replay gets each: they are worked on one by one.
    if (await this.runs.wantsReplays(row.body, [row.event])) return this.#allDueAt(row, this.clock.now());
    const until = result.askedAt == null ? this.clock.now() : result.askedAt - clockSkewMs;
    const select = {
      id: true,
      mode: true,
      account: true,
      deliveryId: true,
      bodySha256: true,
      receivedAt: true,
      event: true,
      secretId: true,
    } as const;
    const { manager } = this.dataSource;
    for (;;) {
      // In no order: a page would else be found by reading and sorting all that wait.
      const where = { ...this.#behind(row), receivedAt: LessThanOrEqual(until) };
      const before = await manager.find(ExdataDelivery, { select, where, take: page });
      if (
        before.length === 0 ||
        !(await this.ends.write(before, row, result, this.#behind(row))) ||
        before.length < page
      )
        break;
      await nextTurn();
    }
    const next = await manager.findOne(ExdataDelivery, {
      select: { id: true, receivedAt: true },
      where: { ...this.#behind(row), receivedAt: MoreThan(until) },
      order: { receivedAt: 'ASC', id: 'ASC' },
    });
    if (next)
      await this.#dueAt(
        { ...this.#behind(row), id: next.id },
        Math.max(this.clock.now(), next.receivedAt + nextAfterMs),
      );
  }

  async #wait(ids: readonly string[], known: Known, ms: number, lastError: string): Promise<void> {
    for (let at = 0; at < ids.length; at += page) {
      const where = { id: In(ids.slice(at, at + page)), outcome: 'open', work: { starts: 0 } } as const;
      const work = { dueAt: this.clock.now() + ms, lastError };
      await this.writes.run(({ manager }) => manager.update(ExdataDelivery, where, { ...known, work }));
    }
  }

  /** Page by page: a statement over all that wait would keep whoever shares the thread or the connection. */
  async #allDueAt(row: ExdataDelivery, dueAt: number): Promise<void> {
    for (;;) {
      const behind = this.#behind(row);
      const work = { leaseUntil: IsNull(), dueAt: And(MoreThan(this.clock.now()), Not(dueAt)) };
      const where = { ...behind, work };
      const rows = await this.dataSource.manager.find(ExdataDelivery, { select: { id: true }, where, take: page });
      if (rows.length > 0) await this.#dueAt({ ...behind, id: In(rows.map(({ id }) => id)) }, dueAt);
      if (rows.length < page) return;
      await nextTurn();
    }
  }

  async #dueAt(where: FindOptionsWhere<ExdataDelivery>, dueAt: number): Promise<void> {
    await this.writes.run(({ manager }) => manager.update(ExdataDelivery, where, { work: { dueAt } }));
  }

  /** Those of the same bytes that wait and that nobody has put to work by hand. */
  #behind(row: ExdataDelivery): FindOptionsWhere<ExdataDelivery> {
    const { id, exdataId, replayOf } = row;
    const which = {
      ...keyOf(row),
      // The bytes tell it. Where they name none it would lead SQLite to an index over all that ever named none.
      ...(exdataId !== null && { exdataId }),
      replayOf: replayOf ?? IsNull(),
      askedAt: IsNull(),
      reopenedAt: IsNull(),
    };
    return {
      ...which,
      id: Not(id),
      outcome: 'open',
      work: { leaseUntil: IsNull(), dueAt: MoreThan(this.clock.now()) },
    };
  }
}

type Known = Pick<ExdataDelivery, 'replayOf' | 'exdataId'>;
