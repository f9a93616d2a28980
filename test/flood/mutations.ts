import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { draftOf, setHeader, shotOf, sign } from './shot.js';
import type { Draft, Shot } from './shot.js';

type Mutation = (draft: Draft) => void;

const of = <T>(values: readonly T[], mutate: (draft: Draft, value: T) => void): fc.Arbitrary<Mutation> =>
  fc.constantFrom(...values).map((value) => (draft: Draft) => mutate(draft, value));

const headerOf = (name: string, values: readonly (string | null)[]): fc.Arbitrary<Mutation> =>
  of(values, (draft, value) => setHeader(draft, name, value));

const noise = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes));
/** Latin-1 that HTTP lets stand in a header's value. */
const text = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
  maxLength: 300,
});
const seconds = (offset: number): string => String(Math.floor(Date.now() / 1000) + offset);

const signatures = of<(draft: Draft) => string | null>(
  [
    () => null,
    () => '',
    ({ body }) => sign(body).toUpperCase(),
    ({ body }) => `sha256=${sign(body)}`,
    ({ body }) => sign(body).slice(0, 63),
    ({ body }) => `${sign(body)}0`,
    () => '0'.repeat(64),
    () => 'g'.repeat(64),
    () => 'a'.repeat(7_000),
    () => '\u00ff'.repeat(64),
  ],
  (draft, value) => setHeader(draft, 'x-signature', value(draft)),
);

const bodies = of<Buffer>(
  [
    '',
    '{}',
    '[]',
    'null',
    '{"data":{"id":"__proto__"}}',
    '{"__proto__":{"data":1},"data":{"id":7}}',
    '{"data":{"id":1e999}}',
    '{"data":{"id":-0.5}}',
    '{"data":[{"id":1}]}',
    '{"document":{"id":12}}',
    '{"data":{"id":1',
    '\ufeff{"data":{"id":1}}',
    `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    `{"data":{"id":"${'9'.repeat(5_000)}"}}`,
    `{"data":{"id":1},"pad":"${'x'.repeat(200_000)}"}`,
  ].map((body) => Buffer.from(body)),
  (draft, body) => signed(draft, body),
);

/** Altered between exdata and us. */
const alterations = of<(body: Buffer) => Buffer>(
  [
    (body) => Buffer.concat([body, Buffer.from('\n')]),
    (body) => body.subarray(0, body.length >> 1),
    (body) => Buffer.from(body.toString().replaceAll(',', ', ')),
    (body) => Buffer.from(body.map((byte, index) => (index === 0 ? byte ^ 1 : byte))),
    () => Buffer.alloc(1_100_000, 0x20),
    () => Buffer.alloc(0),
  ],
  (draft, alter) => (draft.sent = alter(draft.sent)),
);

const framings = of<Mutation>(
  [
    (draft) => (draft.framing = 'chunked'),
    (draft) => odd(draft, 'none'),
    (draft) => odd(draft, 'none', ['content-length', String(draft.sent.length + 10)]),
    (draft) => odd(draft, 'none', ['content-length', '-1']),
    (draft) => odd(draft, 'none', ['content-length', '99999999999999999999']),
    (draft) => odd(draft, 'length', ['content-length', '3']),
    (draft) => odd(draft, 'length', ['transfer-encoding', 'chunked']),
    (draft) => odd(draft, 'chunked', ['transfer-encoding', 'gzip, chunked']),
    (draft) => odd(draft, 'length', ['expect', '100-continue']),
    (draft) => odd(draft, 'length', ['expect', 'the-unexpected']),
    (draft) => odd(draft, 'length', ['x-many', 'y'.repeat(20_000)]),
    (draft) => odd(draft, 'length', ['upgrade', 'websocket']),
  ],
  (draft, mutate) => mutate(draft),
);

const encodings = of<(draft: Draft) => void>(
  [
    (draft) => {
      draft.sent = gzipSync(draft.sent);
      setHeader(draft, 'content-encoding', 'gzip');
    },
    (draft) => setHeader(draft, 'content-encoding', 'gzip'),
    (draft) => setHeader(draft, 'content-encoding', 'identity'),
    (draft) => setHeader(draft, 'content-encoding', 'br, gzip, deflate'),
    (draft) => setHeader(draft, 'content-encoding', '__proto__'),
  ],
  (draft, mutate) => mutate(draft),
);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  signatures,
  bodies,
  alterations,
  framings,
  encodings,
  noise.map((body) => (draft: Draft) => signed(draft, body)),
  noise.map((body) => (draft: Draft) => (draft.sent = body)),
  of(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'BREW', 'post'], (draft, method) => (draft.method = method)),
  of(
    ['/default', '/other', '/default/more', '?x=1', '/', '/%2e%2e', '/%', `/${'a'.repeat(9_000)}`, '//'],
    (draft, end) => (draft.target += end),
  ),
  headerOf('content-type', [
    null,
    '',
    'text/plain',
    'application/json; charset=utf-16',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
  ]),
  headerOf('x-timestamp', [
    null,
    '',
    '0',
    '-1',
    '1e9',
    'Infinity',
    'NaN',
    String(Date.now()),
    seconds(-400),
    seconds(120),
    '9'.repeat(400),
  ]),
  headerOf('x-delivery', [null, '', ' ', 'd'.repeat(256), '__proto__', 'x\u00e9', 'a,b', '{"$gt":""}']),
  headerOf('x-event', [null, '', 'constructor', 'e'.repeat(1_000), 'document.un known']),
  fc.tuple(fc.constantFrom('x-delivery', 'x-event', 'x-timestamp', 'content-type', 'x-signature', 'x-other'), text).map(
    ([name, value]) =>
      (draft: Draft) =>
        setHeader(draft, name, value),
  ),
  fc
    .constantFrom('x-signature', 'x-delivery', 'x-timestamp')
    .map((name) => (draft: Draft) => draft.headers.push(...draft.headers.filter(([known]) => known === name))),
  fc.integer({ min: 2, max: 9 }).map((pieces) => (draft: Draft) => (draft.pieces = pieces)),
  fc.double({ min: 0, max: 1, noNaN: true }).map((cut) => (draft: Draft) => (draft.cut = cut)),
);

/**
 * A request that exdata might have sent, with nothing, one thing or several done to it. Made when it is sent, since it
 * carries the time.
 */
export const shots: fc.Arbitrary<(path: string) => Shot> = fc
  .tuple(fc.integer({ min: 1, max: 1_000 }), fc.array(mutation, { maxLength: 3 }))
  .map(([id, mutations]) => (path) => {
    const draft = draftOf(
      path,
      Buffer.from(JSON.stringify({ event: 'document.completed', data: { id, status: 'completed' } })),
    );
    for (const mutate of mutations) mutate(draft);
    return shotOf(draft);
  });

function signed(draft: Draft, body: Buffer): void {
  draft.body = body;
  draft.sent = body;
  setHeader(draft, 'x-signature', sign(body));
}

function odd(draft: Draft, framing: Draft['framing'], ...headers: Draft['headers']): void {
  draft.framing = framing;
  draft.isOdd = true;
  draft.headers.push(...headers);
}
