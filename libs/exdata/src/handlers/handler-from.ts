/**
 * Since when a handler is to be called: for what ended, or came, since `'registration'` (default), when a process first
 * had it; `'beginning'`, for all that is kept; or a time, as a Date or in ISO 8601. An earlier time than the one before
 * is looked back to; a later one takes nothing back.
 */
export type ExdataHandlerFrom = 'registration' | 'beginning' | Date | (string & Record<never, never>);

/**
 * @returns epoch ms; null for its registration
 * @throws {Error} where it is no time
 */
export function fromOf(from: ExdataHandlerFrom = 'registration', where: string): number | null {
  if (from === 'registration') return null;
  if (from === 'beginning') return 0;
  const at = from instanceof Date ? from.getTime() : isIso(from) ? Date.parse(from) : NaN;
  if (Number.isNaN(at))
    throw new Error(
      `${where}: \`from\` is 'registration', 'beginning', a Date, or a time in ISO 8601 such as '2026-01-31T00:00:00Z'.`,
    );
  return Math.max(0, at);
}

function isIso(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?$/.test(text);
}
