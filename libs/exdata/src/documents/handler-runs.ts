import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { FindOptionsWhere } from 'typeorm';
import { newWork } from '../dispatch/index.js';
import type { Write } from '../dispatch/index.js';
import type { ExdataHandler } from '../handlers/index.js';
import { RegisteredHandlers } from '../handlers/index.js';
import type { ExdataHandledStatus } from './document-state.js';
import type { ExdataLink } from './link.entity.js';
import { ExdataHandlerRun } from './handler-run.entity.js';
import { Inject } from '../injection/index.js';

export const handlerJobName = 'handler';

/** The extraction run that a run of a handler is for, as its row names it. */
export const runKeyOf = ({ runId }: Pick<ExdataLink, 'runId'>): string => runId ?? '-';

/** A document that has ended, as handlers are to see it. */
export interface DocumentEnd {
  readonly row: ExdataLink;
  readonly status: ExdataHandledStatus;
  /** X-Request-ID of the exchange that showed it. */
  readonly requestId: string | null;
}

/** Opens the work rows of handlers, one for each handler, state and extraction run. */
@Injectable()
export class HandlerRuns {
  constructor(@Inject(RegisteredHandlers) private readonly registered: RegisteredHandlers) {}

  /**
   * Opens those that the document's state asks for and that are not there yet, of the handlers of all processes. The
   * document's row is locked in the given transaction.
   */
  async open(write: Write, end: DocumentEnd): Promise<void> {
    const registered = await this.registered.of('document', write.manager);
    const called = registered.filter(({ topic }) => topic === end.status);
    await this.openFor(write, called, end);
  }

  /** As above, for these handlers. */
  async openFor(
    write: Write,
    handlers: readonly ExdataHandler[],
    { row, status, requestId }: DocumentEnd,
  ): Promise<void> {
    if (handlers.length === 0) return;
    const { now } = write;
    const where = { linkId: row.id, runKey: runKeyOf(row), status };
    const local = new Set(this.registered.own(handlers).map(({ id }) => id));
    const asksAs = status === 'completed' ? row.account : null;
    const runs = handlers.map(({ id: registrationId, handler }) =>
      Object.assign(new ExdataHandlerRun(), {
        id: randomUUID(),
        mode: row.mode,
        ...where,
        handler,
        registrationId,
        asksAs,
        outcome: 'open' as const,
        ...{ reason: null, endedAt: null, reopenedAt: null },
        observed: row.observed ?? {},
        requestId,
        createdAt: now,
        work: local.has(registrationId)
          ? write.dueWork({ job: handlerJobName, group: handler, account: asksAs })
          : newWork(now),
      }),
    );
    const [only] = runs;
    const opened =
      only && runs.length === 1 ? await this.#openOne(write, only) : await this.#openLacking(write, runs, where);
    for (const run of opened) write.begins({ job: handlerJobName, id: run.id, group: run.handler }, run);
  }

  /** Its insert says whether it was lacking. */
  async #openOne(write: Write, run: ExdataHandlerRun): Promise<ExdataHandlerRun[]> {
    return (await write.insertUnlessThere(ExdataHandlerRun, run as never)) ? [run] : [];
  }

  /** One look and one insert for all of them. */
  async #openLacking(
    { manager }: Write,
    runs: readonly ExdataHandlerRun[],
    where: FindOptionsWhere<ExdataHandlerRun>,
  ): Promise<ExdataHandlerRun[]> {
    const there = await manager.find(ExdataHandlerRun, { select: { handler: true }, where });
    const lacking = runs.filter(({ handler }) => !there.some((run) => run.handler === handler));
    if (lacking.length > 0) await manager.insert(ExdataHandlerRun, lacking as never);
    return lacking;
  }
}
