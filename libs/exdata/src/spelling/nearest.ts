/**
 * The candidate that `word` is a slip of; undefined where none is near: more than a third of its letters would have to
 * be changed.
 */
export function nearestTo(word: string, candidates: Iterable<string>): string | undefined {
  let nearest: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = distanceBetween(word, candidate);
    if (distance <= candidate.length / 3 && distance < (nearest?.distance ?? Infinity))
      nearest = { candidate, distance };
  }
  return nearest?.candidate;
}

/**
 * Whether `word` is another one's letters with one too few, one too many, or two that changed places. One letter for
 * another would make too many words of their own.
 */
export function isSlipOf(word: string, other: string): boolean {
  if (word === other) return false;
  if (word.length !== other.length)
    return Math.abs(word.length - other.length) === 1 && distanceBetween(word, other) === 1;
  return Array.from(other).some(
    (letter, at) => `${other.slice(0, at)}${other[at + 1] ?? ''}${letter}${other.slice(at + 2)}` === word,
  );
}

/** How many letters have to be put in, taken out or changed (Levenshtein). */
function distanceBetween(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 0; row < from.length; row++) {
    const line = [row + 1];
    for (let column = 0; column < to.length; column++) {
      const changed = (above[column] ?? 0) + (from[row] === to[column] ? 0 : 1);
      line.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (line[column] ?? 0) + 1));
    }
    above = line;
  }
  return above[to.length] ?? 0;
}
