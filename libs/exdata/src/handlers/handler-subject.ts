import type { EntityManager } from 'typeorm';
import type { Attempt, ExdataJobKind, Write } from '../dispatch/index.js';
import { token } from '../injection/index.js';
import type { LifeIds } from '../telemetry/index.js';
import type { ExdataDeadLetterReason } from './dead-letter.js';
import type { ExdataHandler, ExdataHandlerSubject } from './handler.entity.js';
import type { HandlerRun, RunEnd } from './handler-run.js';

/** A place in the order in which things ended: a time (epoch ms), and the id of a row. */
export interface Place {
  readonly at: number;
  readonly id: string;
}

/** Opens runs for what ended, or came, without one. */
export interface HandlerOffers {
  /**
   * Looks at a bounded number of ends after the place, and opens the runs of the handler that are not there yet.
   * Resolves to where to go on; to null at the end.
   */
  offer(handler: ExdataHandler, after: Place): Promise<Place | null>;
}

/** A handler's call, with all that the handler is to be told. */
export interface HandlerCall {
  readonly call: (manager: EntityManager) => Promise<void> | void;
  /** What the log says of it when it is done. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What handlers are called for, and what a run of theirs is about: a `Thing`. */
export interface HandlerSubject<Run extends HandlerRun = HandlerRun, Thing = unknown> {
  readonly name: ExdataHandlerSubject;
  /** The kind of work that its runs are. */
  readonly job: ExdataJobKind;
  readonly entity: new () => Run;
  /** See {@link Job.asksAs}. */
  readonly asksAs?: string;
  readonly offers: HandlerOffers;

  /** What the run is about, in one look. */
  thingOf(run: Run): Promise<Thing>;
  idsOf(run: Run, thing: Thing): LifeIds;
  /** Whether another run does what this one would; left out where none ever does. */
  isSuperseded?(run: Run, thing: Thing): boolean;
  /**
   * @throws {DeadLetterError} when what the handler is to be told cannot be had any more
   * @throws {Error} when it cannot be had now
   */
  callOf(attempt: Attempt<Run>, thing: Thing): HandlerCall | Promise<HandlerCall>;
  /** Why the attempts ended, by the last error; `threw` where that came out of the handler. */
  reasonFor(error: unknown, attempt: Attempt<Run>, threw: boolean): ExdataDeadLetterReason;
  /** Writes what else comes with the end of a run, which is settled in the same write. */
  end(write: Write, run: Run, thing: Thing, end: RunEnd): Promise<void>;
  /** What the log says besides of a run that is dead. */
  deadFields?(run: Run): HandlerCall['fields'];
  /** Writes what comes with putting an open run away; left out where nothing does. */
  discarded?(write: Write, run: Run): Promise<void>;
}

/** All that there are. */
export const EXDATA_HANDLER_SUBJECTS = token<readonly HandlerSubject[]>('handler-subjects');
