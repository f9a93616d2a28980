import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Clock, JobRef } from '../dispatch/index.js';
import { newWork } from '../dispatch/index.js';
import type { TerminalStatus } from './document-state.js';
import type { ExdataDocument } from './document.entity.js';
import { ExdataHandlerRun } from './handler-run.entity.js';
import type { HandlerRegistry } from './handler-registry.js';
import { handlerJobName } from './handler.job.js';

/** Opens the work rows of handlers, one for each handler, state and extraction run. */
export class HandlerRuns {
  constructor(
    private readonly handlers: HandlerRegistry,
    private readonly clock: Clock,
  ) {}

  /** Opens those that the document's state asks for and that are not there yet; resolves to what is to be dispatched after the commit. */
  async open(manager: EntityManager, row: ExdataDocument, status: TerminalStatus, requestId: string | null): Promise<JobRef[]> {
    const now = this.clock.now();
    const runKey = row.runId ?? '-';
    const opened: JobRef[] = [];
    for (const { id: handler } of this.handlers.for(status)) {
      if (await manager.existsBy(ExdataHandlerRun, { documentRowId: row.id, runKey, status, handler })) continue;
      const id = randomUUID();
      await manager.insert(ExdataHandlerRun, {
        id,
        documentRowId: row.id,
        runKey,
        status,
        handler,
        outcome: 'open',
        observed: (row.observed ?? {}) as never,
        requestId,
        createdAt: now,
        work: newWork(now),
      });
      opened.push({ job: handlerJobName, id });
    }
    return opened;
  }
}
