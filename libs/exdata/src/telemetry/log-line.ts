import { inspect } from 'node:util';
import { knownIds } from './ids.js';
import type { LifeIds } from './ids.js';

const bare = /^[^\s"=]+$/;
const logfmt = (fields: Record<string, unknown>): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${bare.test(String(value)) ? String(value) : JSON.stringify(String(value))}`)
    .join(' ');

const longest = 1_000;
/** What moves a cursor, begins a line or turns the reading direction. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Of others' words a line takes so many, and none that would make another line of it or hide a part. */
function plain(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const short = value.length > longest ? `${value.slice(0, longest)}…` : value;
  return short.replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * One line of the log: an event and the ids of the document it is about. Loggers that write JSON get its fields,
 * Nest's console logger one readable line. Holds ids, codes and counts only, never content or secrets.
 */
export class ExdataLogLine {
  readonly event: string;
  readonly [field: string]: unknown;

  constructor(event: string, ids: LifeIds, fields: Record<string, string | number | boolean | null | undefined> = {}) {
    this.event = event;
    const given = Object.entries({ ...knownIds(ids), ...fields });
    Object.assign(this, Object.fromEntries(given.map(([name, value]) => [name, plain(value)])));
  }

  toString(): string {
    const { event, ...fields } = this;
    return `${event} ${logfmt(fields)}`.trimEnd();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
