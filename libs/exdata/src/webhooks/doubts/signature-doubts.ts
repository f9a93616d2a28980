import { inflated } from '../body-encoding.js';
import type { ExdataWebhookSecret } from '../../config/index.js';
import { isSignature, signerOf } from '../signature.js';
import { rewrittenJson } from './rewritten-json.js';

/** What arrived where a signature did not fit. */
export interface DoubtfulDelivery {
  readonly body: Buffer;
  /** Content-Encoding; '' where there is none. */
  readonly encoding: string;
  readonly signature: string;
  readonly secrets: readonly ExdataWebhookSecret[];
  /** Secrets of the host's other accounts, by account. */
  readonly others: ReadonlyMap<string, readonly ExdataWebhookSecret[]>;
}

/** Larger bodies are not looked into: the bytes are a stranger's. */
export const largestDoubt = 64 * 1024;
/** Bytes that are hashed for one hint at most. */
const mostHashed = 4 * 1024 * 1024;
/** What a signature costs beside its bytes, in bytes. */
const eachSignature = 2_048;

/**
 * Why a signature may not fit, in words for whoever runs the host: a proxy or a parser that touched the body leaves
 * marks, and what the sender signed is tried for each of them. Grants nothing: a delivery that is only right once it is
 * mended stays refused. Yields between tries, so that the one who looks may do something else, or stop; what it returns
 * is the hint.
 */
export function* whyNotSigned({
  body,
  encoding,
  signature,
  secrets,
  others,
}: DoubtfulDelivery): Generator<undefined, string> {
  const shape = shapeFault(signature);
  if (shape !== null) return shape;
  if (body.length === 0) return 'the body is empty: something before the webhook has read it, or a proxy dropped it';
  if (body.length > largestDoubt) return 'no secret fits; so large a body is not looked into';
  let left = mostHashed;
  const isSignedBy = (original: Buffer, tried: readonly ExdataWebhookSecret[]): boolean => {
    left -= tried.length * (original.length + eachSignature);
    return left >= 0 && signerOf(original, signature, tried) !== null;
  };
  for (const [account, theirs] of others) {
    if (isSignedBy(body, theirs))
      return `signed with a secret of the account ${account}: its webhook points at the wrong address`;
    if (left < 0) return 'no secret fits, nor one of the first accounts of the others';
    yield;
  }
  for (const [hint, originals] of suspicions) {
    for (const original of originals(body, encoding)) {
      if (isSignedBy(original, secrets)) return hint;
      if (left < 0) return 'no secret fits; not all that may have been done to the body was tried';
      yield;
    }
  }
  return 'no secret fits: another one is set at exdata, or the body was altered beyond recognition';
}

function shapeFault(signature: string): string | null {
  if (signature === '') return 'there is no X-Signature: the request is not exdata’s, or a proxy dropped the header';
  return isSignature(signature) ? null : 'X-Signature is not 64 lower-case hexadecimal digits, as exdata sends it';
}

const text = (body: Buffer): string => body.toString('utf8');
const bytes = (written: string): Buffer[] => [Buffer.from(written, 'utf8')];

/** What may have been done to a body, and the bytes that would have been signed before it was. */
const suspicions: readonly (readonly [
  hint: string,
  originals: (body: Buffer, encoding: string) => Iterable<Buffer>,
])[] = [
  [
    'the body was compressed after it was signed: turn that off in the proxy for this path, since nothing is unfolded that is not verified',
    (body, encoding) => inflated(body, encoding, largestDoubt),
  ],
  [
    'the body has a trailing newline that was not signed: a proxy or a tool added it',
    (body) => [body.subarray(0, body.length - (body.at(-2) === 0x0d ? 2 : 1))].filter(() => body.at(-1) === 0x0a),
  ],
  [
    'the body lacks a trailing newline that was signed: a proxy or a tool cut it off',
    (body) => ['\n', '\r\n'].map((end) => Buffer.concat([body, Buffer.from(end)])),
  ],
  [
    'the body was re-encoded: its bytes were read in another character set and written as UTF-8',
    (body) => [Buffer.from(text(body), 'latin1')],
  ],
  ['the body was re-encoded: a byte order mark was put before it', (body) => bytes(text(body).replace(/^\uFEFF/, ''))],
  ['the body was parsed and written anew: a proxy or a parser changed its white space or escapes', rewrittenJson],
];
