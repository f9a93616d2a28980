import { In, LessThan, Not } from 'typeorm';
import type { DataSource, EntityManager, FindOptionsWhere, SelectQueryBuilder } from 'typeorm';
import type { ExdataClock, ExdataMode, ExdataTransactions } from '../../dispatch/index.js';
import type { ExdataHandlerRunOutcome } from '../../handlers/index.js';
import { ExdataDeliveryRun } from '../deliveries/delivery-run.entity.js';
import { ExdataDelivery } from '../delivery.entity.js';

export interface RetentionSettings {
  /** How long a delivery's id is known after it came, in milliseconds. */
  readonly keepIdsMs: number;
  /** How long its body is kept, in milliseconds. */
  readonly keepBodiesMs: number;
  /** Time between two looks for what is over, in milliseconds. */
  readonly pruneEveryMs: number;
  /** Rows of one statement. */
  readonly pruneBatch: number;
}

/** Between two batches, in milliseconds: the table is never busy with this alone. */
const pauseMs = 50;

type Where = FindOptionsWhere<ExdataDelivery>;

/**
 * What is done to the rows whose time is over; the condition is repeated in the write, since a row may have been taken
 * up again in between.
 */
interface Pruning {
  readonly over: (now: number) => Where;
  /**
   * A delivery stays while a handler of deliveries has a run of these for it; not repeated in the write, since runs are
   * opened only while it is open.
   */
  readonly neededBy: readonly ExdataHandlerRunOutcome[];
  readonly prune: (manager: EntityManager, where: Where) => Promise<unknown>;
}

/**
 * Forgets what the inbox need not know any longer: first the bodies of deliveries that were worked off, later the rows.
 * What is open stays, however old, and so does what belongs to the other mode. Every process does, a few rows at a time
 * in the order of an index; two that meet at the same rows do no harm.
 */
export class InboxRetention {
  readonly #prunings: readonly Pruning[];
  #cancel = (): void => undefined;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
    private readonly clock: ExdataClock,
    private readonly settings: RetentionSettings,
    private readonly onFault: (error: unknown) => void,
    mode: ExdataMode,
  ) {
    const { keepIdsMs, keepBodiesMs } = settings;
    const forget = (bodyDropped: boolean): Pruning => ({
      over: (now) => ({ mode, bodyDropped, receivedAt: LessThan(now - keepIdsMs), outcome: Not('open') }),
      neededBy: ['open'],
      prune: (manager, where) => manager.delete(ExdataDelivery, where),
    });
    const dropBodies: Pruning = {
      // What is dead may be wanted again, and needs its body for that.
      over: (now) => ({
        mode,
        bodyDropped: false,
        receivedAt: LessThan(now - keepBodiesMs),
        outcome: Not(In(['open', 'dead'])),
      }),
      neededBy: ['open', 'dead'],
      prune: (manager, where) => manager.update(ExdataDelivery, where, { body: Buffer.alloc(0), bodyDropped: true }),
    };
    // In two, since the index begins with `bodyDropped`; the bodies last, so that none is dropped of a row that goes at
    // once.
    this.#prunings = [forget(true), forget(false), dropBodies];
  }

  start(): void {
    this.#lookIn(this.settings.pruneEveryMs);
  }

  /** Resolves when no look is under way any more. Safe to call twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#running;
  }

  #lookIn(ms: number): void {
    if (this.#isStopped) return;
    this.#cancel = this.clock.after(ms, () => {
      this.#running = this.transactions.detached(async () => {
        this.#lookIn((await this.#look()) ? pauseMs : this.settings.pruneEveryMs);
      });
    });
  }

  /** One batch of each kind. @returns whether there may be more */
  async #look(): Promise<boolean> {
    let more = false;
    try {
      for (const pruning of this.#prunings) if (!this.#isStopped) more = (await this.#pruneBatch(pruning)) || more;
      return more;
    } catch (error) {
      this.onFault(error);
      return false;
    }
  }

  async #pruneBatch({ over, neededBy, prune }: Pruning): Promise<boolean> {
    const where = over(this.clock.now());
    // Read without a lock, so that the write holds nothing but the rows it changes.
    const query = this.dataSource.manager
      .createQueryBuilder(ExdataDelivery, 'delivery')
      .select(['delivery.id'])
      .where(where);
    const rows = await unlessNeeded(query, neededBy)
      .orderBy('delivery.receivedAt', 'ASC')
      .take(this.settings.pruneBatch)
      .getMany();
    if (rows.length === 0) return false;
    await this.transactions.run((manager) => prune(manager, { ...where, id: In(rows.map(({ id }) => id)) }));
    return rows.length === this.settings.pruneBatch;
  }
}

function unlessNeeded(
  query: SelectQueryBuilder<ExdataDelivery>,
  neededBy: readonly ExdataHandlerRunOutcome[],
): SelectQueryBuilder<ExdataDelivery> {
  const runs = query
    .subQuery()
    .select('1')
    .from(ExdataDeliveryRun, 'run')
    .where('run.deliveryRowId = delivery.id')
    .andWhere('run.outcome in (:...neededBy)');
  return query.andWhere(`not exists ${runs.getQuery()}`).setParameter('neededBy', neededBy);
}
