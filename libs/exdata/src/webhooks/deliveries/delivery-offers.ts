import { Injectable } from '@nestjs/common';
import { Equal, In, MoreThan, Not } from 'typeorm';
import type { DataSource } from 'typeorm';
import type { Write } from '../../dispatch/index.js';
import { EXDATA_DATA_SOURCE, Writes } from '../../dispatch/index.js';
import type { ExdataHandler, HandlerOffers, Place } from '../../handlers/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import type { ExdataDeliveryOutcome } from '../delivery.entity.js';
import { contentOf } from './delivery-content.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import { DeliveryRuns, effectOf, isFor } from './delivery-runs.js';
import { Inject } from '../../injection/index.js';

/** Deliveries looked at with one statement. */
const batch = 200;
/** Bodies read at once, of which each may be as large as one may be. */
const bodies = 20;

type Told = Pick<ExdataDelivery, 'id' | 'mode' | 'account' | 'bodySha256' | 'replayOf' | 'receivedAt'>;

/**
 * Offers handlers the deliveries that came. Those that are open are left to the work on them, which opens their runs.
 */
@Injectable()
export class DeliveryOffers implements HandlerOffers {
  constructor(
    @Inject(DeliveryRuns) private readonly runs: DeliveryRuns,
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(Writes) private readonly writes: Writes,
  ) {}

  async offer(handler: ExdataHandler, after: Place): Promise<Place | null> {
    const rows = await this.#came(handler, after);
    const lacking = await this.#lacking(handler, rows);
    for (let at = 0; at < lacking.length; at += bodies)
      for (const id of await this.#meant(handler, lacking.slice(at, at + bodies)))
        await this.writes.run((write) => this.#open(write, handler, id));
    const last = rows.at(-1);
    return last === undefined || rows.length < batch ? null : { at: last.receivedAt, id: last.id };
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
