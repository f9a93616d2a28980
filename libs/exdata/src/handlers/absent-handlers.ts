import { Injectable } from '@nestjs/common';
import { Writes } from '../dispatch/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { EXDATA_HANDLER_ALERTS } from './handler-alerts.js';
import type { HandlerAlerts } from './handler-alerts.js';
import type { ExdataHandler } from './handler.entity.js';
import { RegisteredHandlers } from './registered-handlers.js';
import { groupsOf, WaitingRuns } from './waiting-runs.js';
import type { HandlerGroup } from './waiting-runs.js';
import { Inject } from '../injection/index.js';

/** Looks for handlers that no process has any more: one that is missing while runs wait for it is told once. */
@Injectable()
export class AbsentHandlers {
  /** Those missing handlers, each with the time it was last seen, that need not be counted again. */
  readonly #told = new Set<string>();

  constructor(
    @Inject(RegisteredHandlers) private readonly registered: RegisteredHandlers,
    @Inject(WaitingRuns) private readonly waiting: WaitingRuns,
    @Inject(EXDATA_HANDLER_ALERTS) private readonly alerts: HandlerAlerts,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  async look(): Promise<void> {
    const rows = await this.registered.read();
    await this.wakeReturned(rows);
    const isGone = (lastSeenAt: number): boolean => this.registered.isMissing(lastSeenAt);
    for (const group of groupsOf(rows)) {
      if (isGone(group.lastSeenAt)) {
        await this.waiting.park(group.rows, isGone);
        await this.#tellMissing(group);
      } else await this.#drop(group.rows.filter(({ lastSeenAt }) => isGone(lastSeenAt)));
    }
    // A process that had not heard of it may have opened runs since.
    await this.waiting.discard(await this.registered.retired());
  }

  /** Wakes the runs that other processes have parked while this one, which has the handler, was not there. */
  async wakeReturned(rows: readonly ExdataHandler[]): Promise<void> {
    const parked = this.registered.own(rows).filter(({ parkedAt }) => parkedAt !== null);
    if (parked.length > 0) await this.waiting.wake(parked);
  }

  async #tellMissing({ subject, handler, rows, lastSeenAt }: HandlerGroup): Promise<void> {
    const told = `${subject}:${handler}:${String(lastSeenAt)}`;
    if (this.#told.has(told)) return;
    const open = [...(await this.waiting.count(rows)).values()].reduce((sum, count) => sum + count, 0);
    if (open === 0) return;
    const isNew = await this.writes.run((write) => this.alerts.missing(write, { subject, handler, lastSeenAt, open }));
    this.#told.add(told);
    if (isNew) this.log.warn('handler.missing', {}, { handler, subject, lastSeenAt, open });
  }

  /** The handler is there, and no process asks for these states or events of it any more. */
  async #drop(rows: readonly ExdataHandler[]): Promise<void> {
    for (const row of rows) {
      await this.registered.retire([row]);
      const discarded = await this.waiting.discard([row]);
      this.log.warn(
        'handler.narrowed',
        {},
        { handler: row.handler, subject: row.subject, topic: row.topic, discarded },
      );
    }
  }
}
