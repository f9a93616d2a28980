import { In } from 'typeorm';
import type { FindOptionsWhere } from 'typeorm';
import { NotYetError } from '../dispatch/index.js';
import type { Attempt, ExdataClock, Job, Settlement, Write, Writes } from '../dispatch/index.js';
import { token } from '../injection/index.js';
import { countHandlerRun } from '../telemetry/index.js';
import { DeadLetterError } from './dead-letter.js';
import type { HandlerCalls } from './handler-calls.js';
import type { HandlerRun, RunEnd } from './handler-run.js';
import type { HandlerSubject } from './handler-subject.js';
import type { LocalHandlers } from './local-handlers.js';

export interface HandlerJobSettings {
  /** For one attempt, in milliseconds. */
  readonly handlerTimeoutMs: number;
  /** How long a run waits for its account, in milliseconds. */
  readonly waitTotalMs: number;
}

/** Runs the handlers of one subject: each run is one handler's work on one thing. */
export class HandlerJob implements Job<HandlerRun> {
  readonly name = this.subject.job;
  readonly entity = this.subject.entity;
  readonly asksAs = this.subject.asksAs;
  readonly isPartial = true;
  readonly groups = { column: 'handler' as const, among: () => this.local.namesOf(this.subject.name) };

  constructor(
    private readonly subject: HandlerSubject,
    private readonly local: LocalHandlers,
    private readonly calls: HandlerCalls,
    private readonly writes: Writes,
    private readonly clock: ExdataClock,
    private readonly settings: HandlerJobSettings,
  ) {}

  /** Runs of handlers that this process does not have are others' to take. */
  get where(): FindOptionsWhere<HandlerRun> {
    return { outcome: 'open', registrationId: In(this.local.idsOf(this.subject.name)) };
  }

  get timeoutMs(): number {
    return this.settings.handlerTimeoutMs;
  }

  async run(attempt: Attempt<HandlerRun>): Promise<void> {
    const { row: run, span } = attempt;
    span.note('handler', run.handler);
    const thing = await this.subject.thingOf(run);
    const ids = this.subject.idsOf(run, thing);
    span.identify(ids);
    const endAs = (write: Write, outcome: 'done' | 'superseded'): Promise<void> =>
      this.#end(write, attempt, thing, { outcome, reason: null });
    if (this.subject.isSuperseded?.(run, thing)) return this.writes.run((write) => endAs(write, 'superseded'));
    try {
      const call = await this.subject.callOf(attempt, thing);
      await this.calls.run(attempt, { ...call, handler: run.handler, ids, finish: (write) => endAs(write, 'done') });
    } catch (error) {
      const final = this.#final(run, error);
      if (!final) throw error;
      await this.giveUp(attempt, final);
    }
  }

  /** Tells a person, too. */
  async giveUp(attempt: Attempt<HandlerRun>, error: unknown): Promise<void> {
    const { row: run } = attempt;
    const reason = this.subject.reasonFor(error, attempt, this.calls.threw(error));
    const thing = await this.subject.thingOf(run);
    await this.writes.run((write) => this.#end(write, attempt, thing, { outcome: 'dead', reason, error }));
    const ids = this.subject.idsOf(run, thing);
    this.calls.tellDead(run.handler, ids, { ...this.subject.deadFields?.(run), reason });
  }

  /** What ends the run at once: what cannot go better, and having waited too long for its account. */
  #final({ createdAt, reopenedAt }: HandlerRun, error: unknown): DeadLetterError | null {
    if (error instanceof DeadLetterError) return error;
    const waited = this.clock.now() - (reopenedAt ?? createdAt);
    return error instanceof NotYetError && waited > this.settings.waitTotalMs
      ? new DeadLetterError('expired', error.code)
      : null;
  }

  async #end(write: Write, attempt: Attempt<HandlerRun>, thing: unknown, end: RunEnd): Promise<void> {
    const { row: run } = attempt;
    const { outcome, reason } = end;
    await this.subject.end(write, run, thing, end);
    await attempt.settle(write, settlementOf(end), { outcome, reason, endedAt: write.now });
    write.afterCommit(() => countHandlerRun(run.handler, outcome, reason));
  }
}

function settlementOf({ outcome, error }: RunEnd): Settlement {
  if (outcome !== 'dead') return { kind: 'done', dueAt: null };
  return { kind: 'failed', dueAt: null, error: String(error instanceof Error ? error : new Error(String(error))) };
}

/** One for each subject. */
export const EXDATA_HANDLER_JOBS = token<readonly HandlerJob[]>('handler-jobs');
