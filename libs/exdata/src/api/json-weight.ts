/** What JSON text costs whoever takes it apart. */
export interface JsonWeight {
  /** How deep lists and objects stand in each other. */
  readonly depth: number;
  /** Values in it, at most. */
  readonly values: number;
  /** Names in its widest object: an object with very many is a table that is built name by name. */
  readonly width: number;
}

const quote = 0x22;
const escape = 0x5c;
const comma = 0x2c;
const colon = 0x3a;

/**
 * More values, or names in one object, are no answer about documents but an attack or a mistake: a process would read
 * them longer than others should wait.
 */
const mostValues = 300_000;
const mostWidth = 20_000;

/**
 * Weighs JSON text (RFC 8259) without taking it apart: one look at each byte, and none beyond what {@link isTooHeavy}.
 * What is no JSON has some weight too.
 */
export function weigh(bytes: Uint8Array): JsonWeight {
  let deepest = 0;
  let values = 1;
  let width = 0;
  let inText = false;
  /** Names so far of the list or object that is open, and of those around it. */
  let names = 0;
  const around: number[] = [];
  for (let at = 0; at < bytes.length && values <= mostValues && width <= mostWidth; at++) {
    const byte = bytes[at];
    if (inText) {
      if (byte === escape) at++;
      else inText = byte !== quote;
    } else if (byte === quote) inText = true;
    else if (byte === comma) values++;
    else if (byte === colon) {
      if (++names > width) width = names;
    } else if (byte === 0x5b || byte === 0x7b) {
      values++;
      around.push(names);
      names = 0;
      if (around.length > deepest) deepest = around.length;
    } else if (byte === 0x5d || byte === 0x7d) names = around.pop() ?? 0;
  }
  return { depth: deepest, values, width };
}

/** Whether it is not to be taken apart; its weight then is what was counted until it was too much. */
export function isTooHeavy({ values, width }: JsonWeight): boolean {
  return values > mostValues || width > mostWidth;
}
