import { Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { IsNull, Not } from 'typeorm';
import type { Attempt, ExdataClock, Write } from '../../dispatch/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, FenceLostError, Writes } from '../../dispatch/index.js';
import { ExdataLink, keyOf } from '../../documents/index.js';
import { deliveryJobName } from '../delivery-job-name.js';
import { ExdataDelivery } from '../delivery.entity.js';
import { DeliveryLooks } from './delivery-looks.js';
import type { BegunRead, DeliverySubjectKey, Span } from './delivery-looks.js';
import type { ReplaySettings } from './replay-settings.js';
import { EXDATA_WEBHOOK } from '../../config/index.js';
import { Inject } from '../../injection/index.js';

/**
 * How far the clocks of two processes may be apart, in milliseconds, for a read of one to answer a delivery that the
 * other took.
 */
export const clockSkewMs = 1_000;
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
  | { readonly kind: 'leant'; readonly on: BegunRead }
  /** Its content was erased here: whatever exdata shows of it is not wanted. */
  | { readonly kind: 'erased'; readonly document: Pick<ExdataLink, 'id'> }
  /** Another one is asking, or has just asked for the same bytes: to be looked at again at `dueAt` (epoch ms). */
  | { readonly kind: 'wait'; readonly dueAt: number };

export type SettleWithoutAsking = (write: Write, reading: Exclude<Reading, { readonly kind: 'ask' }>) => Promise<void>;

/**
 * Sees to it that deliveries about one document share its reads, whatever process works on them: one that had come
 * before a read began is answered by it. So a flood of replays costs a read now and then, and the delivery of a second
 * event is still followed by one.
 */
@Injectable()
export class DocumentReads {
  constructor(
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_WEBHOOK) private readonly settings: ReplaySettings,
    @Inject(DeliveryLooks) private readonly looks: DeliveryLooks,
  ) {}

  /** The document if its content was erased. An erasure that comes after this look is seen by `begin`. */
  erasedOf(row: ExdataDelivery, exdataId: string): Promise<Pick<ExdataLink, 'id'> | null> {
    return this.dataSource.manager.findOne(ExdataLink, {
      select: { id: true },
      where: { ...keyOf(row), exdataId, erasedAt: Not(IsNull()) },
    });
  }

  /**
   * Says how the delivery is to be confirmed. Where it is to ask, that stands in its row before it does; where not,
   * `settle` ends or postpones it in the same transaction.
   */
  async begin(attempt: Attempt<ExdataDelivery>, exdataId: string, settle: SettleWithoutAsking): Promise<Reading> {
    const { row } = attempt;
    const others = { ...keyOf(row), exdataId, id: row.id };
    const isNews = row.replayOf === null && row.reopenedAt === null;
    const mark = isNews ? await this.#beginAlone(attempt, exdataId, others) : null;
    if (mark?.isAlone) return { kind: 'ask', askedAt: mark.askedAt };
    return this.#beginInTurn(attempt, exdataId, others, { settle, isNews, askedAt: mark?.askedAt ?? null });
  }

  /**
   * Marks the read as begun, and then looks whether it is the only one. Of those that do, the last to mark sees all the
   * others, so that one at most goes on; whoever sees another queues with it, still marked. Resolves to null where the
   * document was erased.
   */
  async #beginAlone(attempt: Attempt<ExdataDelivery>, exdataId: string, others: Others): Promise<OwnMark | null> {
    const { row, fence } = attempt;
    const askedAt = this.clock.now();
    if (!(await this.looks.mark(others, fence, askedAt))) return null;
    const found = await this.#look(row, others);
    const isAlone = found.kind === 'ask';
    if (isAlone) Object.assign(row, { exdataId, askedAt });
    return { isAlone, askedAt };
  }

  async #beginInTurn(
    attempt: Attempt<ExdataDelivery>,
    exdataId: string,
    others: Others,
    { settle, isNews, askedAt }: Turn,
  ): Promise<Reading> {
    const { row } = attempt;
    const { replayOf } = row;
    const key = keyOf(row);
    const { reading, isQueued } = await this.writes.run(async (write) => {
      const { manager } = write;
      // What those who come at the same time queue at: the document's row, or where it has none that of the first
      // delivery of the bytes.
      const link = await write.lockRow(ExdataLink, { ...key, exdataId });
      if (!link && replayOf !== null) await write.lockRow(ExdataDelivery, { id: replayOf });
      // The first to mark goes on: else all that have marked would wait for each other.
      const mine = askedAt === null ? undefined : { id: row.id, askedAt };
      const found = link && link.erasedAt !== null ? erased(link) : await this.#look(row, others, mine, manager);
      // It was marked before this look, and needs no second one.
      if (found.kind === 'ask' && mine) return { reading: { ...found, askedAt: mine.askedAt }, isQueued: true };
      if (found.kind === 'ask') await this.#mark(manager, attempt, { exdataId, askedAt: found.askedAt });
      else {
        // It may have been marked as begun.
        if (isNews) await this.#mark(manager, attempt, { askedAt: null });
        await settle(write, found);
      }
      return { reading: found, isQueued: link !== null };
    });
    if (reading.kind !== 'ask') return reading;
    Object.assign(row, { exdataId, askedAt: reading.askedAt });
    // Whoever queued at the document's row has seen all that had begun before; news had been seen by them too.
    if (isQueued && isNews) return reading;
    // Others may have begun alone since the look; where there is no row to queue at, of two that have begun at once
    // each sees the other now.
    const now = this.clock.now();
    const [other] = await this.looks.lastBegun(others, { now, asking: asking(now) });
    if (other?.askedAt == null) return reading;
    if (!isQueued && !isBefore(other, { id: row.id, askedAt: reading.askedAt })) return reading;
    const wait = { kind: 'wait', dueAt: this.#againAt(row) } as const;
    await this.writes.run(async (write) => {
      await this.#mark(write.manager, attempt, { askedAt: null });
      await settle(write, wait);
    });
    row.askedAt = null;
    return wait;
  }

  /** Takes the read back that failed or has yet to wait. */
  async abandon(attempt: Attempt<ExdataDelivery>): Promise<void> {
    await this.writes.once((manager) => this.#mark(manager, attempt, { askedAt: null }));
    attempt.row.askedAt = null;
  }

  /** @param mine where it is given, only those that began to ask before it are waited for */
  async #look(row: ExdataDelivery, others: Others, mine?: Mine, within?: EntityManager): Promise<Reading> {
    const now = this.clock.now();
    // What a person has put to work again is not made to wait.
    const pauseMs = row.replayOf !== null && row.reopenedAt === null ? this.settings.replayReadEveryMs : burstMs;
    const newsSince = sinceOf(row) + clockSkewMs;
    // A read that lies ahead began before a clock was set back, and may be older than the delivery.
    const answered = { from: Math.min(newsSince, now - pauseMs + 1), to: now };
    const begun = await this.looks.lastBegun(others, { now, answered, asking: asking(now, mine) }, within);
    const last = begun.find(({ outcome }) => outcome !== 'open');
    const lastAt = last?.askedAt ?? -Infinity;
    if (last && lastAt >= newsSince) return { kind: 'leant', on: last };
    if (begun.some((one) => one.outcome === 'open' && (!mine || isBefore(one, mine))))
      return { kind: 'wait', dueAt: this.#againAt(row) };
    if (lastAt <= now - pauseMs) return { kind: 'ask', askedAt: now };
    return { kind: 'wait', dueAt: Math.max(this.#againAt(row), lastAt + pauseMs) };
  }

  /** Late enough for one read to answer all that came with this delivery. */
  #againAt(row: ExdataDelivery): number {
    return Math.max(this.clock.now() + lookAgainMs, sinceOf(row) + clockSkewMs + burstMs);
  }

  async #mark(manager: EntityManager, { row, fence }: Attempt<ExdataDelivery>, columns: Mark): Promise<void> {
    const { affected } = await manager.update(ExdataDelivery, { id: row.id, work: { fence } }, columns);
    if (affected !== 1) throw new FenceLostError({ job: deliveryJobName, id: row.id }, fence);
  }
}

/** The mark of a read that a delivery has begun, and whether it saw no other. */
interface OwnMark {
  readonly isAlone: boolean;
  readonly askedAt: number;
}

interface Turn {
  readonly settle: SettleWithoutAsking;
  readonly isNews: boolean;
  /** Of the mark that stands in the delivery's row, if one does (epoch ms). */
  readonly askedAt: number | null;
}

type Mark = Partial<Pick<ExdataDelivery, 'exdataId' | 'askedAt'>>;

function erased(document: ExdataLink): Reading {
  return { kind: 'erased', document };
}

/** The document, and the delivery that is not one of the others about it. */
type Others = DeliverySubjectKey;

function asking(now: number, mine?: Mine): Span {
  return { from: now - longestReadMs + 1, to: mine?.askedAt ?? Infinity };
}

function isBefore(one: Mine, other: Mine): boolean {
  const [at, otherAt] = [one.askedAt ?? 0, other.askedAt ?? 0];
  return at < otherAt || (at === otherAt && one.id < other.id);
}

type Mine = Pick<ExdataDelivery, 'id' | 'askedAt'>;

/** Since when what exdata shows is news to the delivery (epoch ms). */
export function sinceOf({ receivedAt, reopenedAt }: Pick<ExdataDelivery, 'receivedAt' | 'reopenedAt'>): number {
  return reopenedAt ?? receivedAt;
}
