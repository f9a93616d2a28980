import type { ExdataClock } from './clock.js';
import { hasPassed } from './clock.js';

const hourMs = 3_600_000;
/** Of what is worth a line each, so many have one in an hour before it is a flood. */
const singly = 10;
/** A line for the first fault of a kind; then one a minute at most. */
const everyMs = 60_000;
/**
 * A fault is no part of the health any more when it has been quiet for so long, in milliseconds: longer than any wait
 * between two attempts.
 */
const quietMs = 2 * 3_600_000;
/** The same for kinds of which nobody says that it goes well again. */
const quietSoonMs = 900_000;
const quietSoon: readonly string[] = ['work', 'storage'] satisfies FaultKind[];
/** Things told apart at most; the rest of a kind share one place. */
const mostPlaces = 256;

/** What may go wrong again and again: words of ours, never made of what came from outside. */
export type FaultKind =
  /** The database cannot be reached, or takes no statements. */
  | 'database'
  /** Redis cannot be reached, or refuses what a queue asks of it. */
  | 'redis'
  /** The spool cannot be written or cleaned. */
  | 'spool'
  /** A disk cannot take what uploaders send before the module has it, such as that of a form's temporary files. */
  | 'storage'
  /** exdata cannot be reached, or does not answer as it should. */
  | 'exdata'
  /** exdata refuses the token of this process, and takes that of another one. */
  | 'token'
  /** Secrets cannot be read anew; the last good ones are used. */
  | 'secrets'
  /** The host's alert port does not take alerts. */
  | 'alerts'
  /** A handler of the host's fails. */
  | 'handler'
  /** Deliveries cannot be stored in time. */
  | 'inbox'
  /** Others than the webhook answer on its route, such as a global guard of the host's. */
  | 'webhook'
  /** Work fails for another reason; `last_error` of its row says which. */
  | 'work';

/**
 * What comes in floods without being a fault of this process or its surroundings: told as seldom, and no part of
 * {@link FaultBook.standing}.
 */
export type FloodKind =
  | 'refused'
  | 'dead_delivery'
  | 'dead_handler'
  | 'listener'
  | 'queue'
  | 'upload_waits'
  | 'broken_off'
  | 'unknown_status'
  | 'document_failed';

/** A fault that stands. Times in epoch ms. */
export interface ExdataFault {
  readonly kind: FaultKind;
  readonly since: number;
  readonly last: number;
  /** How often it has been seen since it began. */
  readonly count: number;
}

/** Writes one line; `count` is how many it stands for, with those that had no line since the last one. */
export type WriteLine = (count: number) => void;
/** Writes the line that a fault is over. */
export type WriteEnd = (fault: ExdataFault) => void;

interface Entry {
  since: number;
  last: number;
  count: number;
  /** Whether it stands; one that is over is kept, so that what comes and goes writes no more lines than what stays. */
  stands: boolean;
  toldAt: number;
  /** Seen since the last line. */
  untold: number;
  /** Whether the last line says that it stands. */
  isTold: boolean;
  /** The hour that was last seen in, and how often. */
  hour: number;
  inHour: number;
}

/**
 * Keeps what goes wrong again and again, so that it costs the log a line a minute and kind, and health can show it.
 * Takes its time from the clock and needs no timers: a line is written when something is seen.
 */
export class FaultBook {
  readonly #kinds = new Map<FaultKind | FloodKind, Map<string, Entry>>();
  #places = 0;

  constructor(
    private readonly clock: Pick<ExdataClock, 'now'>,
    private readonly writeEnd: WriteEnd = () => undefined,
  ) {}

  /**
   * Notes a fault, and has its line written if it is time for one.
   * @param where which of several things of the kind it is about, such as the account: each has lines of its own. A
   * name from the configuration or the code.
   */
  note(kind: FaultKind | FloodKind, write: WriteLine, where = ''): void {
    const now = this.clock.now();
    const entry = this.#entryOf(kind, where, now);
    this.#see(entry, now, write, hasPassed(everyMs, entry.toldAt, now));
  }

  /** As {@link note}, of what is worth a line each: the first ten of an hour have one, the others one a minute. */
  noteEach(kind: FloodKind, write: WriteLine, where = ''): void {
    const now = this.clock.now();
    const entry = this.#entryOf(kind, where, now);
    const hour = Math.floor(now / hourMs);
    if (entry.hour !== hour) Object.assign(entry, { hour, inHour: 0 });
    const isAlone = ++entry.inHour <= singly;
    this.#see(entry, now, write, isAlone || hasPassed(everyMs, entry.toldAt, now));
  }

  #see(entry: Entry, now: number, write: WriteLine, isTime: boolean): void {
    if (!entry.stands) Object.assign(entry, { stands: true, since: now, count: 0 });
    entry.last = now;
    entry.count++;
    entry.untold++;
    if (!isTime) return;
    const { untold } = entry;
    Object.assign(entry, { toldAt: now, untold: 0, isTold: true });
    write(untold);
  }

  /** Something of the kind worked. Costs next to nothing where no fault stands. */
  over(kind: FaultKind, where = ''): void {
    const entry = this.#kinds.get(kind)?.get(where);
    if (!entry?.stands) return;
    entry.stands = false;
    if (entry.isTold) this.writeEnd({ kind, since: entry.since, last: entry.last, count: entry.count });
    entry.isTold = false;
  }

  /** Whether a fault of the kind stands. */
  stands(kind: FaultKind, where = ''): boolean {
    return this.#kinds.get(kind)?.get(where)?.stands === true;
  }

  /** The faults that stand, one for each kind, the oldest first. */
  standing(): ExdataFault[] {
    const now = this.clock.now();
    const faults: ExdataFault[] = [];
    for (const [kind, places] of this.#kinds) {
      if (isFlood(kind)) continue;
      const entries = [...places.values()].filter(
        ({ stands, last }) => stands && !hasPassed(quietSoon.includes(kind) ? quietSoonMs : quietMs, last, now),
      );
      if (entries.length === 0) continue;
      faults.push({
        kind,
        since: Math.min(...entries.map(({ since }) => since)),
        last: Math.max(...entries.map(({ last }) => last)),
        count: entries.reduce((sum, { count }) => sum + count, 0),
      });
    }
    return faults.sort((a, b) => a.since - b.since);
  }

  #entryOf(kind: FaultKind | FloodKind, where: string, now: number): Entry {
    const places = this.#kinds.get(kind) ?? new Map<string, Entry>();
    this.#kinds.set(kind, places);
    const place = places.has(where) || this.#places < mostPlaces ? where : '';
    const known = places.get(place);
    if (known) return known;
    this.#places++;
    const entry = {
      since: now,
      last: now,
      count: 0,
      stands: false,
      toldAt: -Infinity,
      untold: 0,
      isTold: false,
      hour: -1,
      inHour: 0,
    };
    places.set(place, entry);
    return entry;
  }
}

const floods: readonly string[] = [
  'unknown_status',
  'refused',
  'dead_delivery',
  'dead_handler',
  'listener',
  'queue',
  'upload_waits',
  'broken_off',
  'document_failed',
] satisfies FloodKind[];

function isFlood(kind: FaultKind | FloodKind): kind is FloodKind {
  return floods.includes(kind);
}
