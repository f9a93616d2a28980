/** What exdata is told where nothing of a name is left. */
const nameless = 'document';
const longest = 200;
const longestEnding = 20;

/**
 * A file name that can be kept and sent: the last part of a path in either style, without control characters, double
 * quotes and marks that reverse the reading direction, at most 200 characters with its ending kept. Other scripts stay
 * as they are. Cleaning a clean name changes nothing, so that what is kept is what is sent.
 */
export function cleanFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  // \p{Cs}: halves of characters, which have no UTF-8.
  const cleaned = shortened(last.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029"]/gu, '').trim());
  return /^\.*$/.test(cleaned) ? nameless : cleaned;
}

/** The ending of a name in lower case, without its dot; '' for a name without one. */
export function endingOf(name: string): string {
  return /[^.]\.([^.\s]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

function shortened(name: string): string {
  const characters = Array.from(name);
  if (characters.length <= longest) return name;
  const dot = characters.lastIndexOf('.');
  const ending = dot > 0 && characters.length - dot <= longestEnding ? characters.slice(dot) : [];
  return [...characters.slice(0, longest - ending.length), ...ending].join('').trim();
}
