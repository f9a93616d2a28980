import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { FindOptionsWhere } from 'typeorm';
import type { Attempt, ExdataClock, Job } from '../dispatch/index.js';
import { EXDATA_CLOCK, NotYetError } from '../dispatch/index.js';
import { LocalHandlers } from '../handlers/index.js';
import { DeadLetterError } from './dead-letter.js';
import { DocumentHandlerCall } from './document-handler-call.js';
import { handlerJobName } from './handler-job-name.js';
import { ExdataHandlerRun } from './handler-run.entity.js';
import { HandlerRunEnds, idsOfLink } from './handler-run-ends.js';
import { EXDATA_WORK } from '../config/index.js';
import { Inject } from '../injection/index.js';

export interface HandlerJobSettings {
  /** For one attempt, in milliseconds. */
  readonly handlerTimeoutMs: number;
  /** How long a run waits for its account, in milliseconds. */
  readonly waitTotalMs: number;
}

/** Runs one handler for one state of one extraction run. */
@Injectable()
export class HandlerJob implements Job<ExdataHandlerRun> {
  readonly name = handlerJobName;
  readonly entity = ExdataHandlerRun;
  readonly isPartial = true;
  readonly asksAs = 'asksAs';
  readonly groups = { column: 'handler' as const, among: () => this.local.namesOf('document') };

  constructor(
    @Inject(LocalHandlers) private readonly local: LocalHandlers,
    @Inject(DocumentHandlerCall) private readonly call: DocumentHandlerCall,
    @Inject(HandlerRunEnds) private readonly ends: HandlerRunEnds,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_WORK) private readonly settings: HandlerJobSettings,
  ) {}

  /** Runs of handlers that this process does not have are others' to take. */
  get where(): FindOptionsWhere<ExdataHandlerRun> {
    return { outcome: 'open', registrationId: In(this.local.idsOf('document')) };
  }

  get timeoutMs(): number {
    return this.settings.handlerTimeoutMs;
  }

  async run(attempt: Attempt<ExdataHandlerRun>): Promise<void> {
    const { row: run, span } = attempt;
    span.note('handler', run.handler);
    const subject = await this.ends.subjectOf(run);
    const { link } = subject;
    span.identify(idsOfLink(link));
    const isMended = run.status === 'unread' && link.problem === null;
    if (isMended || (link.runId !== null && run.runKey !== '-' && link.runId !== run.runKey))
      return this.ends.superseded(attempt, link);
    try {
      await this.call.run(attempt, subject);
    } catch (error) {
      const final = this.#final(run, error);
      if (!final) throw error;
      await this.giveUp(attempt, final);
    }
  }

  async giveUp(attempt: Attempt<ExdataHandlerRun>, error: unknown): Promise<void> {
    await this.ends.dead(attempt, this.call.reasonFor(attempt, error), error);
  }

  /** What ends the run at once: what cannot go better, and having waited too long for its account. */
  #final({ createdAt, reopenedAt }: ExdataHandlerRun, error: unknown): DeadLetterError | null {
    if (error instanceof DeadLetterError) return error;
    const waited = this.clock.now() - (reopenedAt ?? createdAt);
    return error instanceof NotYetError && waited > this.settings.waitTotalMs
      ? new DeadLetterError('expired', error.code)
      : null;
  }
}
