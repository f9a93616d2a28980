import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { In, LessThan, Not } from 'typeorm';
import type { ExdataClock, ExdataMode } from '../../dispatch/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, EXDATA_MODE, ExdataTransactions } from '../../dispatch/index.js';
import type { ExdataDelivery } from '../delivery.entity.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import { ExdataSeenBody } from './seen-body.entity.js';
import { Inject } from '../../injection/index.js';

const day = 86_400_000;
/** How long bytes are known again, in milliseconds: longer than ids are, since whoever replays may wait. */
const keptMs = 90 * day;
/** Between two looks for what may be forgotten, in milliseconds, and rows forgotten in one. */
const forgetEveryMs = 600_000;
const batch = 500;

/** Knows which signed bytes have been worked on, whatever ids they come under. */
@Injectable()
export class SeenBodies {
  #forgotAt = -Infinity;

  constructor(
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
  ) {}

  /** Id of the delivery by which the same signed bytes were worked on first; null when this one is it. */
  async originalOf({ id, mode, account, bodySha256 }: ExdataDelivery): Promise<string | null> {
    const bytes = { mode, account, bodySha256 };
    const body = { id, ...bytes, seenAt: this.clock.now() };
    if (await this.transactions.once((manager) => this.transactions.insertUnlessThere(manager, ExdataSeenBody, body)))
      return null;
    const first = await this.transactions.once((manager) => manager.findOneByOrFail(ExdataSeenBody, bytes));
    return first.id === id ? null : first.id;
  }

  /**
   * Ids of the deliveries by which bytes were worked on first, by `account digest`; what no delivery has been worked on
   * of is left out.
   */
  async originalsOf(
    rows: readonly Pick<ExdataDelivery, 'account' | 'bodySha256'>[],
  ): Promise<ReadonlyMap<string, string>> {
    const account = In([...new Set(rows.map((row) => row.account))]);
    const bodySha256 = In([...new Set(rows.map((row) => row.bodySha256))]);
    const found = await this.dataSource.manager.findBy(ExdataSeenBody, { mode: this.mode, account, bodySha256 });
    return new Map(found.map((body) => [`${body.account} ${body.bodySha256}`, body.id]));
  }

  /** Forgets some of what is too old to be of use, now and then. */
  async forget(): Promise<void> {
    const now = this.clock.now();
    if (now - this.#forgotAt < forgetEveryMs) return;
    this.#forgotAt = now;
    const { manager } = this.dataSource;
    const before = LessThan(now - keptMs);
    const bodies = await manager.find(ExdataSeenBody, {
      select: { id: true },
      where: { mode: this.mode, seenAt: before },
      take: batch,
    });
    if (bodies.length > 0)
      await this.transactions.run((inner) => inner.delete(ExdataSeenBody, { id: In(bodies.map(({ id }) => id)) }));
    const unneeded = {
      mode: this.mode,
      createdAt: before,
      outcome: Not(In(['open', 'dead'] satisfies ExdataDeliveryRun['outcome'][])),
    };
    const runs = await manager.find(ExdataDeliveryRun, { select: { id: true }, where: unneeded, take: batch });
    if (runs.length > 0)
      await this.transactions.run((inner) =>
        inner.delete(ExdataDeliveryRun, { ...unneeded, id: In(runs.map(({ id }) => id)) }),
      );
    // What is left of a backlog need not wait.
    if (bodies.length === batch || runs.length === batch) this.#forgotAt = -Infinity;
  }
}
