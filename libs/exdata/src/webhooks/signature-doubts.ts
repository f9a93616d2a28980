import type { WebhookSecret } from './signature.js';
import { signerOf } from './signature.js';

/** What arrived where a signature did not fit. */
export interface DoubtfulDelivery {
  readonly body: Buffer;
  readonly signature: string;
  readonly secrets: readonly WebhookSecret[];
  /** Secrets of the host's other accounts, by account. */
  readonly others: ReadonlyMap<string, readonly WebhookSecret[]>;
}

/** Larger bodies are not looked into: the bytes are a stranger's. */
const largestBytes = 64 * 1024;

/**
 * Why a signature may not fit, in words for whoever runs the host: a proxy or a parser that touched the body leaves marks, and what
 * the sender signed is tried for each of them. Grants nothing: a delivery that is only right once it is mended stays refused.
 */
export function whyNotSigned({ body, signature, secrets, others }: DoubtfulDelivery): string {
  const shape = shapeFault(signature);
  if (shape !== null) return shape;
  if (body.length === 0) return 'the body is empty: something before the webhook has read it, or a proxy dropped it';
  for (const [account, theirs] of others) {
    if (signerOf(body, signature, theirs) !== null)
      return `signed with a secret of the account ${account}: its webhook points at the wrong address`;
  }
  if (body.length > largestBytes) return 'no secret fits';
  for (const [hint, originals] of suspicions) {
    for (const original of originals(body)) if (signerOf(original, signature, secrets) !== null) return hint;
  }
  return 'no secret fits: another one is set at exdata, or the body was altered beyond recognition';
}

function shapeFault(signature: string): string | null {
  if (signature === '') return 'there is no X-Signature: the request is not exdata’s, or a proxy dropped the header';
  if (/^[0-9a-f]{64}$/.test(signature)) return null;
  return 'X-Signature is not 64 lower-case hexadecimal digits, as exdata sends it';
}

const newline = /\r?\n$/;

/** What may have been done to a body, and the bytes that would have been signed before it was. */
const suspicions: readonly (readonly [hint: string, originals: (body: Buffer) => Buffer[]])[] = [
  ['the body has a trailing newline that was not signed: a proxy or a tool added it', (body) => bytes(text(body).replace(newline, ''))],
  [
    'the body lacks a trailing newline that was signed: a proxy or a tool cut it off',
    (body) => [...bytes(`${text(body)}\n`), ...bytes(`${text(body)}\r\n`)],
  ],
  [
    'the body was re-encoded: its bytes were read in another character set and written as UTF-8',
    (body) => [Buffer.from(text(body), 'latin1')],
  ],
  ['the body was re-encoded: a byte order mark was put before it', (body) => bytes(text(body).replace(/^\uFEFF/, ''))],
  ['the body was parsed and written anew: a proxy or a parser changed its white space or escapes', writtenOtherwise],
];

/** The same JSON as other writers write it: with and without white space, `/` and what is not ASCII escaped or not. */
function writtenOtherwise(body: Buffer): Buffer[] {
  let json: unknown;
  try {
    json = JSON.parse(text(body));
  } catch {
    return [];
  }
  return [undefined, 2, 4].flatMap((indent) => {
    const plain = JSON.stringify(json, null, indent);
    return [plain, escapeSlashes(plain), escapeUnicode(plain), escapeUnicode(escapeSlashes(plain))].flatMap(bytes);
  });
}

const text = (body: Buffer): string => body.toString('utf8');
const bytes = (written: string): Buffer[] => [Buffer.from(written, 'utf8')];
const escapeSlashes = (json: string): string => json.replaceAll('/', '\\/');
const escapeUnicode = (json: string): string =>
  json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
