/** Nested more deeply, a body is not written anew: writing it takes a stack. */
const deepest = 64;
/** What white space may make of a body, in times its own size. */
const mostGrowth = 4;

interface Shape {
  readonly depth: number;
  /** Bytes that a line for each value would add, at one space for each level. */
  readonly whiteSpace: number;
  readonly lines: number;
}

/**
 * The same JSON as other writers write it: with and without white space, `/` and what is not ASCII escaped or not.
 * Yields nothing for what is no JSON or nested deeply, and no text of many times the body's size: the bytes are a
 * stranger's.
 */
export function* rewrittenJson(body: Buffer): Generator<Buffer> {
  const { depth, whiteSpace, lines } = shapeOf(body);
  if (depth > deepest) return;
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return;
  }
  for (const indent of [0, 2, 4]) {
    if (indent > 0 && whiteSpace * indent + lines > mostGrowth * body.length + 1_024) continue;
    const plain = JSON.stringify(json, null, indent);
    for (const write of writers) yield Buffer.from(write(plain), 'utf8');
  }
}

const escapeSlashes = (json: string): string => json.replaceAll('/', '\\/');
const escapeUnicode = (json: string): string =>
  json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const writers: readonly ((json: string) => string)[] = [
  (json) => json,
  escapeSlashes,
  escapeUnicode,
  (json) => escapeUnicode(escapeSlashes(json)),
];

const [quote, backslash, comma, openingBracket, closingBracket, openingBrace, closingBrace] = Buffer.from('"\\,[]{}');

/** In one pass over the bytes; what it says of bytes that are no JSON does not matter. */
function shapeOf(body: Buffer): Shape {
  let [level, depth, whiteSpace, lines] = [0, 0, 0, 0];
  let isText = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === quote) isText = !isText;
    else if (isText) at += byte === backslash ? 1 : 0;
    else {
      const opens = byte === openingBracket || byte === openingBrace;
      const closes = byte === closingBracket || byte === closingBrace;
      if (!opens && !closes && byte !== comma) continue;
      level += opens ? 1 : closes ? -1 : 0;
      depth = Math.max(depth, level);
      whiteSpace += Math.max(level, 0);
      lines++;
    }
  }
  return { depth, whiteSpace, lines };
}
