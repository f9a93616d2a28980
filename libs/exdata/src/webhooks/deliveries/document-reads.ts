import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import { And, Between, In, IsNull, LessThanOrEqual, MoreThan, Not } from 'typeorm';
import type { Claim, Clock, ExdataTransactions } from '../../dispatch/index.js';
import { FenceLostError } from '../../dispatch/index.js';
import { ExdataDocument } from '../../documents/index.js';
import { deliveryJobName } from '../delivery-job-name.js';
import { ExdataDelivery } from '../delivery.entity.js';

/** How far the clocks of two processes may be apart, in milliseconds, for a read of one to answer a delivery that the other took. */
const clockSkewMs = 1_000;
/** When a delivery looks again whether the read of another one has ended, in milliseconds. */
const lookAgainMs = 250;
/** What comes within so many milliseconds shares one read. */
const burstMs = 500;
/** What began longer ago than this, in milliseconds, is no read any more: its process has died. */
const longestReadMs = 60_000;

/** How a delivery comes to know what exdata shows of its document. */
export type Reading =
  /** It asks; the read begins at `askedAt` (epoch ms). */
  | { readonly kind: 'ask'; readonly askedAt: number }
  /** Another delivery asked after this one had come. */
  | { readonly kind: 'leant'; readonly on: ExdataDelivery }
  /** Its content was erased here: whatever exdata shows of it is not wanted. */
  | { readonly kind: 'erased'; readonly document: Pick<ExdataDocument, 'id'> }
  /** Another one is asking, or has just asked for the same bytes: to be looked at again at `dueAt` (epoch ms). */
  | { readonly kind: 'wait'; readonly dueAt: number };

export type SettleWithoutAsking = (manager: EntityManager, reading: Exclude<Reading, { readonly kind: 'ask' }>) => Promise<void>;

/**
 * Sees to it that deliveries about one document share its reads, whatever process works on them: one that had come before a read began
 * is answered by it. So a flood of replays costs a read now and then, and the delivery of a second event is still followed by one.
 */
export class DocumentReads {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
    private readonly clock: Clock,
    /** Least time between two reads of a document for replays, in milliseconds. */
    private readonly replayEveryMs: number,
  ) {}

  /** The document if its content was erased. An erasure that comes after this look is seen by `begin`. */
  erasedOf({ account }: ExdataDelivery, exdataId: string): Promise<Pick<ExdataDocument, 'id'> | null> {
    return this.dataSource.manager.findOne(ExdataDocument, { select: { id: true }, where: { account, exdataId, erasedAt: Not(IsNull()) } });
  }

  /**
   * Says how the delivery is to be confirmed. Where it is to ask, that stands in its row before it does; where not,
   * `settle` ends or postpones it in the same transaction.
   */
  async begin(row: ExdataDelivery, claim: Claim, exdataId: string, settle: SettleWithoutAsking): Promise<Reading> {
    const { account, replayOf } = row;
    const others = { account, exdataId, id: Not(row.id) };
    const reading = await this.transactions.run(async (manager) => {
      // What those who come at the same time queue at: the document's row, or where it has none that of the first delivery of the bytes.
      const link = await this.transactions.lockRow(manager, ExdataDocument, { account, exdataId });
      if (!link && replayOf !== null) await this.transactions.lockRow(manager, ExdataDelivery, { id: replayOf });
      const found = link && link.erasedAt !== null ? erased(link) : await this.#look(manager, row, others);
      if (found.kind === 'ask') await this.#mark(manager, row, claim, { exdataId, askedAt: found.askedAt });
      else await settle(manager, found);
      return found;
    });
    if (reading.kind !== 'ask') return reading;
    // Where it has none, of two that have begun at once each sees the other now.
    const other = await latest(this.dataSource.manager, { ...others, ...asking(this.clock.now()) });
    if (other?.askedAt == null || !isBefore(other, { id: row.id, askedAt: reading.askedAt })) return reading;
    const wait = { kind: 'wait', dueAt: this.#againAt(row) } as const;
    await this.transactions.run(async (manager) => {
      await this.#mark(manager, row, claim, { askedAt: null });
      await settle(manager, wait);
    });
    return wait;
  }

  /** Takes the read back that failed or has yet to wait. */
  async abandon(row: ExdataDelivery, claim: Claim): Promise<void> {
    await this.transactions.run((manager) => this.#mark(manager, row, claim, { askedAt: null }));
  }

  async #look(manager: EntityManager, row: ExdataDelivery, others: Others): Promise<Reading> {
    const now = this.clock.now();
    // A read that lies ahead began before a clock was set back, and may be older than the delivery.
    const on = await latest(manager, { ...others, outcome: answered, askedAt: Between(sinceOf(row) + clockSkewMs, now) });
    if (on) return { kind: 'leant', on };
    if (await latest(manager, { ...others, ...asking(now) })) return { kind: 'wait', dueAt: this.#againAt(row) };
    // What a person has put to work again is not made to wait.
    const pauseMs = row.replayOf !== null && row.reopenedAt === null ? this.replayEveryMs : burstMs;
    const last = await latest(manager, { ...others, outcome: answered, askedAt: And(MoreThan(now - pauseMs), LessThanOrEqual(now)) });
    if (last?.askedAt == null) return { kind: 'ask', askedAt: now };
    return { kind: 'wait', dueAt: Math.max(this.#againAt(row), last.askedAt + pauseMs) };
  }

  /** Late enough for one read to answer all that came with this delivery. */
  #againAt(row: ExdataDelivery): number {
    return Math.max(this.clock.now() + lookAgainMs, sinceOf(row) + clockSkewMs + burstMs);
  }

  async #mark(manager: EntityManager, row: ExdataDelivery, { fence }: Claim, columns: Mark): Promise<void> {
    const { affected } = await manager.update(ExdataDelivery, { id: row.id, work: { fence } }, columns);
    if (affected !== 1) throw new FenceLostError({ job: deliveryJobName, id: row.id }, fence);
    Object.assign(row, columns);
  }
}

type Mark = Partial<Pick<ExdataDelivery, 'exdataId' | 'askedAt'>>;

function erased(document: ExdataDocument): Reading {
  return { kind: 'erased', document };
}

/** Finds the other deliveries about the document. */
type Others = FindOptionsWhere<ExdataDelivery>;

function asking(now: number): FindOptionsWhere<ExdataDelivery> {
  return { outcome: 'open', askedAt: MoreThan(now - longestReadMs), work: { leaseUntil: MoreThan(now) } };
}

function latest(manager: EntityManager, where: FindOptionsWhere<ExdataDelivery>): Promise<ExdataDelivery | null> {
  const select = { id: true, outcome: true, reason: true, askedAt: true, requestId: true, documentRowId: true } as const;
  return manager.findOne(ExdataDelivery, { select, where, order: { askedAt: 'DESC', id: 'ASC' } });
}

function isBefore(one: Begun, other: Begun): boolean {
  const [at, otherAt] = [one.askedAt ?? 0, other.askedAt ?? 0];
  return at < otherAt || (at === otherAt && one.id < other.id);
}

type Begun = Pick<ExdataDelivery, 'id' | 'askedAt'>;

/** Outcomes that a read led to. */
const answered = In(['applied', 'replayed', 'foreign', 'dead'] satisfies ExdataDelivery['outcome'][]);

/** Since when what exdata shows is news to the delivery (epoch ms). */
export function sinceOf({ receivedAt, reopenedAt }: Pick<ExdataDelivery, 'receivedAt' | 'reopenedAt'>): number {
  return reopenedAt ?? receivedAt;
}
