import type { ValueTransformer } from 'typeorm';

/**
 * The most that is kept of a text without a limit of its own, in UTF-16 units: an error may carry a whole page of HTML.
 */
const mostUnits = 16_384;

/**
 * Keeps in a column what others have told: a handler's error, a reason of exdata's, an id out of a header. No database
 * may refuse a row for it, so NUL (which PostgreSQL keeps in no text) is left out, halves of characters become U+FFFD,
 * and what the column does not hold is cut. For text that a person reads or a log names; what tells rows apart is
 * checked where it comes in, and never altered.
 * @param most the column's length in characters
 */
export function toldText(most = mostUnits): ValueTransformer {
  return {
    to: (value: unknown) => (typeof value === 'string' ? storable(value, most) : value),
    from: (value: unknown) => value,
  };
}

/** The same for a text within a column of JSON, as the value of `name`. */
export function toldIn(name: string): ValueTransformer {
  const text = toldText();
  return {
    to: (value: unknown) =>
      typeof value === 'object' && value !== null && name in value
        ? { ...value, [name]: text.to(Reflect.get(value, name)) as unknown }
        : value,
    from: (value: unknown) => value,
  };
}

function storable(text: string, most: number): string {
  const kept = text.replaceAll('\0', '');
  const cut = kept.length > most ? kept.slice(0, most).replace(/[\uD800-\uDBFF]$/, '') : kept;
  return cut.replace(/\p{Surrogate}/gu, '\uFFFD');
}
