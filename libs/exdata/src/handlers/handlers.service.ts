import { Injectable } from '@nestjs/common';
import { Writes } from '../dispatch/index.js';
import { ExdataLog } from '../telemetry/index.js';
import type { ExdataHandlerSubject } from './handler.entity.js';
import { EXDATA_HANDLER_ALERTS } from './handler-alerts.js';
import type { HandlerAlerts } from './handler-alerts.js';
import { RegisteredHandlers } from './registered-handlers.js';
import { groupsOf, WaitingRuns } from './waiting-runs.js';
import type { HandlerGroup } from './waiting-runs.js';
import { Inject } from '../injection/index.js';

/** A handler that is to be called, whichever process has it. */
export interface ExdataRegisteredHandler {
  /** Its stable name. */
  readonly id: string;
  /** `document` for `@OnExdataDocument`, `delivery` for `@OnExdataDelivery`. */
  readonly subject: ExdataHandlerSubject;
  /** States of documents, or events of deliveries, `*` for all. */
  readonly topics: readonly string[];
  /** When a process first had it (epoch ms). */
  readonly registeredAt: number;
  /** When a process that has it last said so (epoch ms); processes do about once a minute. */
  readonly lastSeenAt: number;
  /** Whether no process has been seen with it for `work.handlerMissingAfterMs`. */
  readonly missing: boolean;
  /** Runs of it that are open: under way, to be tried again, or waiting for a process that has it. */
  readonly open: number;
}

/** The handlers of all processes that share the database, as people who run the application need them. */
@Injectable()
export class ExdataHandlers {
  constructor(
    @Inject(RegisteredHandlers) private readonly registered: RegisteredHandlers,
    @Inject(WaitingRuns) private readonly waiting: WaitingRuns,
    @Inject(EXDATA_HANDLER_ALERTS) private readonly alerts: HandlerAlerts,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** The registered handlers that were not retired, by subject and id. */
  async list(): Promise<ExdataRegisteredHandler[]> {
    const rows = await this.registered.read();
    const counts = await this.waiting.count(rows);
    return groupsOf(rows)
      .map(({ subject, handler, rows: own, lastSeenAt }) => ({
        id: handler,
        subject,
        topics: own.map(({ topic }) => topic).sort(),
        registeredAt: Math.min(...own.map(({ registeredAt }) => registeredAt)),
        lastSeenAt,
        missing: this.registered.isMissing(lastSeenAt),
        open: own.reduce((sum, { id }) => sum + (counts.get(id) ?? 0), 0),
      }))
      .sort((a, b) => (`${a.subject}:${a.id}` < `${b.subject}:${b.id}` ? -1 : 1));
  }

  /**
   * Retires a handler for good: no run is opened for it any more, and what is open is discarded; an alert that it is
   * missing is not raised any more. A process that has it and starts later registers it anew.
   * @param subject where a handler of documents and one of deliveries bear the id; default both
   * @returns how many open runs were discarded; 0 also where no such handler is registered
   */
  async retire(id: string, subject?: ExdataHandlerSubject): Promise<{ readonly discarded: number }> {
    const groups = groupsOf(await this.registered.read()).filter(
      (group) => group.handler === id && (subject ?? group.subject) === group.subject,
    );
    let discarded = 0;
    for (const group of groups) {
      await this.#retire(group);
      discarded += await this.waiting.discard(group.rows);
    }
    if (groups.length > 0) this.log.info('handler.retired', {}, { handler: id, discarded });
    return { discarded };
  }

  async #retire(group: HandlerGroup): Promise<void> {
    await this.registered.retire(group.rows);
    await this.writes.run((write) => this.alerts.retired(write, group));
  }
}
