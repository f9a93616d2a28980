import { token } from '../injection/index.js';
import type { Write } from '../dispatch/index.js';
import type { ExdataHandlerSubject } from './handler.entity.js';

/** A handler that no process has any more, while runs wait for it. */
export interface MissingHandler {
  readonly subject: ExdataHandlerSubject;
  readonly handler: string;
  /** When a process that has it was last seen (epoch ms). */
  readonly lastSeenAt: number;
  /** Runs that wait for it. */
  readonly open: number;
}

/** Where it is told that a handler is missing. */
export interface HandlerAlerts {
  /** Resolves to false where it was told before. */
  missing(write: Write, handler: MissingHandler): Promise<boolean>;
  /** Ends what has not been handed over yet. */
  retired(write: Write, handler: Pick<MissingHandler, 'subject' | 'handler' | 'lastSeenAt'>): Promise<void>;
}

export const EXDATA_HANDLER_ALERTS = token<HandlerAlerts>('handler-alerts');
