import { token } from '../injection/index.js';
import type { Write } from '../dispatch/index.js';
import type { ExdataHandler, ExdataHandlerSubject } from './handler.entity.js';

/** A place in the order in which things ended: a time (epoch ms), and the id of a row. */
export interface Place {
  readonly at: number;
  readonly id: string;
}

/** What handlers are called for, as far as this room has to know it. */
export interface HandlerSubject {
  readonly name: ExdataHandlerSubject;
  /**
   * Looks at a bounded number of ends after the place, and opens the runs of the handler that are not there. @returns
   * where to go on; null at the end
   */
  offer(handler: ExdataHandler, after: Place): Promise<Place | null>;
  /** How many runs are open, by the id of the handler's row. */
  countOpen(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Parks a bounded number of runs that are open, due at any time and held by nobody: no look for due rows meets them
   * any more.
   * @returns how many; 0 when none are left
   */
  park(write: Write, ids: readonly string[]): Promise<number>;
  /** Makes a bounded number of parked runs due. @returns how many; 0 when none are left */
  wake(write: Write, ids: readonly string[]): Promise<number>;
  /** Puts a bounded number of open runs away. @returns how many; 0 when none are left */
  discardOpen(write: Write, ids: readonly string[]): Promise<number>;
}

/** All that there are. */
export const EXDATA_HANDLER_SUBJECTS = token<readonly HandlerSubject[]>('handler-subjects');
