import type { ExdataLink, Gate } from '../documents/index.js';

/** How long after its row was inserted an upload may still begin as it was inserted, in milliseconds. */
const freshMs = 1_000;

/** State of a row that is inserted as one whose upload has begun. */
export const begun = { state: 'uploading' } as const;

/** Whether nothing is to be heeded: no hold, no wait, no doubt of the token, and no wait that an upload would end. */
export function isPlainlyOpen(gate: Gate): boolean {
  return gate.state === 'open' && gate.endsWait !== true && gate.doubtsToken !== true;
}

/** Whether the row's first attempt was begun with its insert, just now: with each later one its starts are more. */
export function wasBegunWithInsert({ state, createdAt, work }: ExdataLink, now: number): boolean {
  return state === begun.state && work.starts === 1 && now >= createdAt && now - createdAt < freshMs;
}

/**
 * Nothing of a row can have reached exdata before its first attempt, whatever its insert has said ahead: to the attempt
 * it stands as one that was queued.
 */
export function asBeforeFirstAttempt(row: ExdataLink): void {
  if (row.state === begun.state && row.work.starts === 1) Object.assign(row, { state: 'queued', firstSentAt: null });
}
