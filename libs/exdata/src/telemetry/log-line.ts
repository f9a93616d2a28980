import { inspect } from 'node:util';
import { knownIds } from './ids.js';
import type { LifeIds } from './ids.js';

const bare = /^[^\s"=]+$/;
const logfmt = (fields: Record<string, unknown>): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${bare.test(String(value)) ? String(value) : JSON.stringify(String(value))}`)
    .join(' ');

/**
 * One line of the log: an event and the ids of the document it is about. Loggers that write JSON get its fields,
 * Nest's console logger one readable line. Holds ids, codes and counts only, never content or secrets.
 */
export class ExdataLogLine {
  readonly event: string;
  readonly [field: string]: unknown;

  constructor(event: string, ids: LifeIds, fields: Record<string, string | number | boolean | null | undefined> = {}) {
    this.event = event;
    Object.assign(this, knownIds(ids), fields);
  }

  toString(): string {
    const { event, ...fields } = this;
    return `${event} ${logfmt(fields)}`.trimEnd();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
