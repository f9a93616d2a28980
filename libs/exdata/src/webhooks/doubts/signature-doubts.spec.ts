import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { rewrittenJson } from './rewritten-json.js';
import { whyNotSigned } from './signature-doubts.js';

const secrets = [{ id: 'a', secret: 'a secret of good length' }];
const sign = (body: Buffer | string, secret = 'a secret of good length'): string =>
  createHmac('sha256', secret).update(body).digest('hex');

const look = (
  body: Buffer | string,
  signature: string,
  { others = new Map(), encoding = '' } = {},
): { hint: string; tries: number } => {
  const doubts = whyNotSigned({ body: Buffer.from(body as string), encoding, signature, secrets, others });
  for (let tries = 0; ; tries++) {
    const { done, value } = doubts.next();
    if (done) return { hint: value, tries };
  }
};

describe('[W1] why a signature does not fit', () => {
  const php = '{"url":"https:\\/\\/exdata.app","name":"Gr\\u00fc\\u00dfe"}';
  const utf8 = '{"name":"Grüße"}';

  it.each([
    ['a line end added', '{}\n', sign('{}'), /has a trailing newline/],
    ['a line end of Windows added', '{}\r\n', sign('{}'), /has a trailing newline/],
    ['a line end cut off', '{}', sign('{}\n'), /lacks a trailing newline/],
    ['parsed and written anew', JSON.stringify(JSON.parse(php)), sign(php), /parsed and written anew/],
    ['indented', JSON.stringify(JSON.parse(php), null, 2), sign(php), /parsed and written anew/],
    ['white space taken out', '{"a":1}', sign('{\n  "a": 1\n}'), /parsed and written anew/],
    ['read as Latin-1', Buffer.from(Buffer.from(utf8).toString('latin1'), 'utf8'), sign(utf8), /re-encoded/],
    ['with a byte order mark', `\uFEFF${utf8}`, sign(utf8), /byte order mark/],
    ['lost', '', sign(utf8), /the body is empty/],
    ['of another sender', '{}', sign('{"a":1}'), /no secret fits/],
    ['too large to look into', ' '.repeat(70_000), sign('{}'), /so large a body/],
    ['without a signature', '{}', '', /no X-Signature/],
    ['in upper case', '{}', sign('{}').toUpperCase(), /not 64 lower-case/],
  ])('%s', (_what, body, signature, hint) => {
    expect(look(body, signature).hint).toMatch(hint);
  });

  it('compressed on its way', () => {
    expect(look(gzipSync(utf8), sign(utf8), { encoding: 'gzip' }).hint).toMatch(/compressed after it was signed/);
    expect(look(gzipSync(Buffer.alloc(50_000_000)), sign(utf8), { encoding: 'gzip' }).hint).toMatch(/no secret fits/);
  });

  it('sent to another account’s path', () => {
    const others = new Map([['berlin', [{ id: 'b', secret: 'a secret of berlin' }]]]);
    expect(look('{}', sign('{}', 'a secret of berlin'), { others }).hint).toMatch(/a secret of the account berlin/);
  });
});

describe('a stranger’s bytes', () => {
  const nest = (depth: number, inner: string): string => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;
  const dear: readonly [string, string][] = [
    ['zeros in 2,400 brackets', nest(2_400, Array(28_000).fill(0).join())],
    ['zeros in 60 brackets', nest(60, Array(30_000).fill(0).join())],
    ['30,000 brackets that close', nest(30_000, '')],
    ['30,000 brackets', '['.repeat(30_000)],
    ['braces that only close', '}'.repeat(60_000)],
    ['what is escaped in six bytes', JSON.stringify('é/'.repeat(15_000))],
    ['many short texts', JSON.stringify(Array(9_000).fill('é'))],
    ['many keys', JSON.stringify(Object.fromEntries(Array.from({ length: 4_000 }, (_, key) => [`k${key}`, key])))],
    ['backslashes', `"${'\\\\'.repeat(15_000)}"`],
    ['line ends', '\r\n'.repeat(30_000)],
    ['white space', ' '.repeat(60_000)],
  ];

  it.each(dear)('are written anew in no more than 30 times their size: %s', (_what, text) => {
    const body = Buffer.from(text);
    let written = 0;
    let largest = 0;
    for (const { length } of rewrittenJson(body)) {
      written += length;
      largest = Math.max(largest, length);
    }
    expect(largest).toBeLessThanOrEqual(6 * body.length + 2_048);
    expect(written).toBeLessThanOrEqual(30 * body.length);
  });

  it.each(dear)('are looked into in a few tries, and to no avail: %s', (_what, text) => {
    const { hint, tries } = look(text, 'ab'.repeat(32));
    expect(hint).toMatch(/^no secret fits/);
    expect(tries).toBeLessThanOrEqual(20);
  });

  it('are not hashed with the secrets of very many accounts', () => {
    const others = new Map(Array.from({ length: 5_000 }, (_, at) => [`account-${at}`, secrets]));
    const { hint, tries } = look(' '.repeat(60_000), 'ab'.repeat(32), { others });
    expect(hint).toMatch(/the first accounts/);
    expect(tries).toBeLessThan(100);
  });
});
