import { Injectable } from '@nestjs/common';
import { Equal, In, MoreThan, Not } from 'typeorm';
import type { DataSource } from 'typeorm';
import type { ExdataMode, Write } from '../../dispatch/index.js';
import { EXDATA_DATA_SOURCE, EXDATA_MODE, Writes } from '../../dispatch/index.js';
import { ParkedRuns } from '../../handlers/index.js';
import type { ExdataHandler, HandlerSubject, Place } from '../../handlers/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import type { ExdataDeliveryOutcome } from '../delivery.entity.js';
import { contentOf } from './delivery-content.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import { DeliveryRuns, effectOf, isFor } from './delivery-runs.js';
import { putAway } from './erased-runs.js';
import { Inject } from '../../injection/index.js';

/** Deliveries looked at with one statement. */
const batch = 200;
/** Bodies read at once, of which each may be as large as one may be. */
const bodies = 20;
/** Runs put away in one transaction. */
const atOnce = 100;

type Told = Pick<ExdataDelivery, 'id' | 'mode' | 'account' | 'bodySha256' | 'replayOf' | 'receivedAt'>;

/**
 * Deliveries as they came, as what handlers are called for. Those that are open are left to the work on them, which
 * opens their runs.
 */
@Injectable()
export class DeliverySubject implements HandlerSubject {
  readonly name = 'delivery';

  readonly #parked: ParkedRuns;

  constructor(
    @Inject(DeliveryRuns) private readonly runs: DeliveryRuns,
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
  ) {
    this.#parked = new ParkedRuns(ExdataDeliveryRun, mode);
  }

  async offer(handler: ExdataHandler, after: Place): Promise<Place | null> {
    const rows = await this.#came(handler, after);
    const lacking = await this.#lacking(handler, rows);
    for (let at = 0; at < lacking.length; at += bodies)
      for (const id of await this.#meant(handler, lacking.slice(at, at + bodies)))
        await this.writes.run((write) => this.#open(write, handler, id));
    const last = rows.at(-1);
    return last === undefined || rows.length < batch ? null : { at: last.receivedAt, id: last.id };
  }

  async countOpen(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counted = await this.dataSource.manager
      .createQueryBuilder(ExdataDeliveryRun, 'run')
      .select('run.registrationId', 'id')
      .addSelect('count(*)', 'open')
      .where({ mode: this.mode, outcome: 'open', registrationId: In([...ids]) })
      .groupBy('run.registrationId')
      .getRawMany<{ id: string; open: string | number }>();
    return new Map(counted.map(({ id, open }) => [id, Number(open)]));
  }

  park(...of: Parameters<HandlerSubject['park']>): Promise<number> {
    return this.#parked.park(...of);
  }

  wake(...of: Parameters<HandlerSubject['wake']>): Promise<number> {
    return this.#parked.wake(...of);
  }

  async discardOpen({ manager, now }: Write, ids: readonly string[]): Promise<number> {
    const where = { mode: this.mode, outcome: 'open' as const, registrationId: In([...ids]) };
    const runs = await manager.find(ExdataDeliveryRun, { select: { id: true }, where, take: atOnce });
    if (runs.length === 0) return 0;
    const work = { ...putAway, lastError: 'the handler was retired' };
    await manager.update(
      ExdataDeliveryRun,
      { id: In(runs.map(({ id }) => id)), outcome: 'open' },
      { outcome: 'discarded', endedAt: now, work },
    );
    return runs.length;
  }

  /** Those that came after the place, in the order in which they did, and were worked off. */
  #came({ mode }: ExdataHandler, { at, id }: Place): Promise<Told[]> {
    const base = {
      mode,
      outcome: Not(In(['open', 'discarded'] satisfies ExdataDeliveryOutcome[])),
      bodyDropped: false,
    };
    return this.dataSource.manager.find(ExdataDelivery, {
      select: { id: true, mode: true, account: true, bodySha256: true, replayOf: true, receivedAt: true },
      where: [
        { ...base, receivedAt: MoreThan(at) },
        { ...base, receivedAt: Equal(at), id: MoreThan(id) },
      ],
      order: { receivedAt: 'ASC', id: 'ASC' },
      take: batch,
    });
  }

  async #lacking({ mode, handler, replays }: ExdataHandler, rows: readonly Told[]): Promise<Told[]> {
    const wanted = rows.filter(({ replayOf }) => replays || replayOf === null);
    if (wanted.length === 0) return [];
    const runs = await this.dataSource.manager.find(ExdataDeliveryRun, {
      select: { account: true, effect: true },
      where: {
        mode,
        account: In([...new Set(wanted.map(({ account }) => account))]),
        effect: In(wanted.map(effectOf)),
        handler,
      },
    });
    const there = new Set(runs.map(({ account, effect }) => `${account}:${effect}`));
    return wanted.filter((row) => !there.has(`${row.account}:${effectOf(row)}`));
  }

  /** Ids of those whose signed bytes, or else header, name an event of the handler's. */
  async #meant(handler: ExdataHandler, told: readonly Told[]): Promise<string[]> {
    const rows = await this.dataSource.manager.findBy(ExdataDelivery, { id: In(told.map(({ id }) => id)) });
    return rows.filter((row) => isFor(handler, contentOf(row.body).event ?? row.event, row)).map(({ id }) => id);
  }

  /** The row is read again: its body may have been erased since, or a person has put it to work again. */
  async #open(write: Write, handler: ExdataHandler, id: string): Promise<void> {
    const row = await write.lockRow(ExdataDelivery, { id });
    if (row && row.outcome !== 'open' && !row.bodyDropped) await this.runs.openFor(write, [handler], row);
  }
}
