import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ExdataLog } from '../telemetry/index.js';
import { WebhookRefusal, WebhookRefusals } from './index.js';
import { whyNotSigned } from './signature-doubts.js';

const secrets = [{ id: 'a', secret: 'a secret of good length' }];
const sign = (body: Buffer | string): string => createHmac('sha256', 'a secret of good length').update(body).digest('hex');

describe('[W1] why a signature does not fit', () => {
  const why = (body: Buffer | string, signature: string, others = new Map()): string =>
    whyNotSigned({ body: Buffer.from(body), signature, secrets, others });
  const php = '{"url":"https:\\/\\/exdata.app","name":"Gr\\u00fc\\u00dfe"}';
  const utf8 = '{"name":"Grüße"}';

  it.each([
    ['a line end added', '{}\n', sign('{}'), /has a trailing newline/],
    ['a line end cut off', '{}', sign('{}\n'), /lacks a trailing newline/],
    ['parsed and written anew', JSON.stringify(JSON.parse(php)), sign(php), /parsed and written anew/],
    ['indented', JSON.stringify(JSON.parse(php), null, 2), sign(php), /parsed and written anew/],
    ['white space taken out', '{"a":1}', sign('{\n  "a": 1\n}'), /parsed and written anew/],
    ['read as Latin-1', Buffer.from(Buffer.from(utf8).toString('latin1'), 'utf8'), sign(utf8), /re-encoded/],
    ['with a byte order mark', `\uFEFF${utf8}`, sign(utf8), /byte order mark/],
    ['lost', '', sign(utf8), /the body is empty/],
    ['of another sender', '{}', sign('{"a":1}'), /no secret fits/],
    ['too large to look into', ' '.repeat(70_000), sign('{}'), /^no secret fits$/],
    ['without a signature', '{}', '', /no X-Signature/],
    ['in upper case', '{}', sign('{}').toUpperCase(), /not 64 lower-case/],
  ])('%s', (_what, body, signature, hint) => {
    expect(why(body, signature)).toMatch(hint);
  });
});

describe('a flood of refusals', () => {
  const clock = { time: 0, now: () => clock.time, after: () => () => undefined };
  const lines: unknown[] = [];
  const log = { warn: (...line: unknown[]) => void lines.push(line), error: (...line: unknown[]) => void lines.push(line) };
  const refusals = new WebhookRefusals(clock, log as unknown as ExdataLog);
  let hints = 0;
  const flood = (count: number): void => {
    for (let index = 0; index < count; index++) {
      refusals.note(new WebhookRefusal('signature', 'default', () => `hint ${String(++hints)}`));
    }
  };

  it('is told of at its start, then each thousandth and once a minute, with how many there were', () => {
    flood(2_500);
    expect(lines).toEqual(
      [1, 1_000, 1_000].map((count, index) => [
        'webhook.refused',
        { account: 'default' },
        { reason: 'signature', count, hint: `hint ${String(index + 1)}` },
      ]),
    );
    clock.time += 60_000;
    flood(1);
    expect(lines.at(-1)).toEqual(['webhook.refused', expect.anything(), { reason: 'signature', count: 500, hint: 'hint 4' }]);
    expect(hints).toBe(4);
  });

  it('is told of again when the clock is set back', () => {
    clock.time -= 3_600_000;
    flood(1);
    expect(lines.at(-1)).toEqual(['webhook.refused', expect.anything(), { reason: 'signature', count: 1, hint: 'hint 5' }]);
  });

  it('of another kind has lines of its own', () => {
    refusals.note(new WebhookRefusal('stale', 'default'));
    expect(lines.at(-1)).toEqual(['webhook.refused', { account: 'default' }, { reason: 'stale', count: 1, hint: undefined }]);
  });
});
