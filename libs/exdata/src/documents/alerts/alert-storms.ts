import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { And, In, LessThan, MoreThanOrEqual } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { ExdataMode, Write, Writes } from '../../dispatch/index.js';
import { EXDATA_MODE, newWork, nextTurn } from '../../dispatch/index.js';
import type { ExdataAlertKind } from './alert.js';
import { ExdataAlertRow } from './alert.entity.js';
import { Inject } from '../../injection/index.js';

/** Alerts of one kind and account that are raised each by itself in an hour. */
const singly = 10;
const hourMs = 3_600_000;
/** How long after the first of many they are told of, in milliseconds; what comes later is told once an hour. */
const firstMs = 60_000;
/** Longer than the transaction takes that enters an alert, in milliseconds: what is older can be seen. */
const commitMs = 10_000;
/** Rows of one statement. */
const atOnce = 500;

/** The cause of the row that stands for many. */
const storm = 'storm';

type Kind = Pick<ExdataAlertRow, 'kind' | 'account'>;

/** What the many are, and where each is found. */
const listed: Partial<Record<ExdataAlertKind, string>> = {
  document_failed:
    "documents need a person; ExdataDocumentService.list({ state }) has each: 'rejected', 'failed', 'error' or 'blocked'",
  wrong_mode:
    "documents are of the other mode; ExdataDocumentService.list({ state: 'failed' }) has each that was ended for it",
  poison:
    "uploads were given up since the process ended over them; ExdataDocumentService.list({ state: 'failed' }) has each",
  document_unread:
    "documents cannot be read at exdata; ExdataDocumentService.list({ state }) has each with its problem: 'pending' or 'completed'",
  dead_letter:
    'deliveries or runs of handlers were given up; ExdataDeliveryService.redrive({ dryRun: true }) names each',
};

export const isStorm = ({ cause }: Pick<ExdataAlertRow, 'cause'>): boolean => cause === storm;

/**
 * Alerts that come in great numbers: the first ones of an hour stand for themselves, the others are told of together by
 * one row.
 */
@Injectable()
export class AlertStorms {
  readonly #singles = new Map<string, { readonly hour: number; readonly count: number }>();

  constructor(@Inject(EXDATA_MODE) private readonly mode: ExdataMode) {}

  /** Whether one that is entered now is one of many. What other processes are about to enter it does not see. */
  async isMany({ manager, now }: Write, of: Kind): Promise<boolean> {
    const hour = Math.floor(now / hourMs);
    const place = `${of.account} ${of.kind}`;
    const counted = (): number => {
      const known = this.#singles.get(place);
      return known?.hour === hour ? known.count : 0;
    };
    const seen = counted() < singly ? await this.#seen(manager, of, hour) : singly;
    const count = Math.max(counted(), seen);
    this.#singles.set(place, { hour, count: Math.min(singly, count + 1) });
    return count >= singly;
  }

  /** Sees to it that what was entered as one of many is told of. */
  async gather(write: Write, { kind, account }: Kind): Promise<void> {
    const { manager, now } = write;
    const key = { mode: this.mode, account, kind, cause: storm };
    const known = await manager.findOneBy(ExdataAlertRow, key);
    if (known?.outcome === 'open') return;
    const dueAt = now + firstMs;
    if (known) {
      await manager.update(
        ExdataAlertRow,
        { id: known.id },
        { outcome: 'open', createdAt: now, work: { dueAt, failures: 0 } },
      );
      return;
    }
    const unknown = { sourceType: null, sourceId: null, exdataId: null, requestId: null, retryAt: null };
    const told = { code: storm, message: listed[kind] ?? 'alerts have come', createdAt: now, outcome: 'open' } as const;
    await write.insertUnlessThere(ExdataAlertRow, {
      id: randomUUID(),
      ...key,
      ...unknown,
      ...told,
      work: newWork(dueAt),
    });
  }

  /**
   * How many are to be told of now, entered before `before` (epoch ms); and when to look again, null where no more have
   * come for an hour.
   */
  async gathered(
    { manager, now }: Write,
    { kind, account }: Kind,
  ): Promise<{ count: number; before: number; nextAt: number | null }> {
    const before = now - commitMs;
    const waiting = { mode: this.mode, account, kind, outcome: 'grouped' as const };
    const count = await manager.countBy(ExdataAlertRow, { ...waiting, createdAt: LessThan(before) });
    if (count > 0) return { count, before, nextAt: now + hourMs };
    return { count, before, nextAt: (await manager.existsBy(ExdataAlertRow, waiting)) ? now + firstMs : null };
  }

  /** Writes that those entered before `before` (epoch ms) have been told of. */
  async told(writes: Writes, { kind, account }: Kind, before: number): Promise<void> {
    const where = { mode: this.mode, account, kind, outcome: 'grouped' as const, createdAt: LessThan(before) };
    for (;;) {
      const rows = await writes.run(async ({ manager }) => {
        const some = await manager.find(ExdataAlertRow, { select: { id: true }, where, take: atOnce });
        await manager.update(ExdataAlertRow, { id: In(some.map(({ id }) => id)) }, { outcome: 'raised' });
        return some.length;
      });
      if (rows < atOnce) return;
      await nextTurn();
    }
  }

  async #seen(manager: EntityManager, { kind, account }: Kind, hour: number): Promise<number> {
    const createdAt = And(MoreThanOrEqual(hour * hourMs), LessThan((hour + 1) * hourMs));
    const where = { mode: this.mode, account, kind, createdAt };
    return (await manager.find(ExdataAlertRow, { select: { id: true }, where, take: singly })).length;
  }
}
