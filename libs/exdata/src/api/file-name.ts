/** What exdata is told where nothing of a name is left. */
const nameless = 'document';

/**
 * A file name that can be sent: the last part of a path in either style, without control characters and marks that reverse the reading
 * direction. Quotes and other scripts stay as they are.
 */
export function cleanFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const cleaned = last.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '').trim();
  return /^\.*$/.test(cleaned) ? nameless : cleaned;
}
