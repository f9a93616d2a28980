import type { DataSource } from 'typeorm';
import { In, LessThan, Not } from 'typeorm';
import type { Clock, ExdataTransactions } from '../../dispatch/index.js';
import type { ExdataDelivery } from '../delivery.entity.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import { ExdataSeenBody } from './seen-body.entity.js';

const day = 86_400_000;
/** How long bytes are known again, in milliseconds: longer than ids are, since whoever replays may wait. */
const keptMs = 90 * day;
/** Between two looks for what may be forgotten, in milliseconds, and rows forgotten in one. */
const forgetEveryMs = 600_000;
const batch = 1_000;

/** Knows which signed bytes have been worked on, whatever ids they come under. */
export class SeenBodies {
  #forgotAt = -Infinity;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
    private readonly clock: Clock,
  ) {}

  /** Id of the delivery by which the same signed bytes were worked on first; null when this one is it. */
  async originalOf({ id, account, bodySha256 }: ExdataDelivery): Promise<string | null> {
    const bytes = { account, bodySha256 };
    const known = await this.dataSource.manager.findOneBy(ExdataSeenBody, bytes);
    const first = known ?? (await this.#enter({ id, ...bytes }));
    return first.id === id ? null : first.id;
  }

  /** Forgets some of what is too old to be of use, now and then. */
  async forget(): Promise<void> {
    const now = this.clock.now();
    if (now - this.#forgotAt < forgetEveryMs) return;
    this.#forgotAt = now;
    const { manager } = this.dataSource;
    const before = LessThan(now - keptMs);
    const bodies = await manager.find(ExdataSeenBody, { select: { id: true }, where: { seenAt: before }, take: batch });
    const unneeded = { createdAt: before, outcome: Not(In(['open', 'dead'] satisfies ExdataDeliveryRun['outcome'][])) };
    const runs = await manager.find(ExdataDeliveryRun, { select: { id: true }, where: unneeded, take: batch });
    await this.transactions.run(async (inner) => {
      if (bodies.length > 0) await inner.delete(ExdataSeenBody, { id: In(bodies.map(({ id }) => id)) });
      if (runs.length > 0) await inner.delete(ExdataDeliveryRun, { ...unneeded, id: In(runs.map(({ id }) => id)) });
    });
    // What is left of a backlog need not wait.
    if (bodies.length === batch || runs.length === batch) this.#forgotAt = -Infinity;
  }

  #enter(body: Pick<ExdataSeenBody, 'id' | 'account' | 'bodySha256'>): Promise<ExdataSeenBody> {
    return this.transactions.run(async (manager) => {
      await this.transactions.insertUnlessThere(manager, ExdataSeenBody, { ...body, seenAt: this.clock.now() });
      const { account, bodySha256 } = body;
      return manager.findOneByOrFail(ExdataSeenBody, { account, bodySha256 });
    });
  }
}
