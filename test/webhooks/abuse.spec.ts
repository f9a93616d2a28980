import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpException, Injectable } from '@nestjs/common';
import { EXDATA_CLOCK, ExdataWebhookGuard } from 'nestjs-exdata';
import type { ExdataWebhookRefusal } from 'nestjs-exdata';
import { ShiftedClock } from '../life/shifted-clock.js';
import { platforms, Receiver } from './receiver.js';
import type { Answer } from './send.js';

const nest = (depth: number, inner = ''): string => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;

/** Bodies that are dear to parse, to match or to write again. */
const dear: Readonly<Record<string, string | Buffer>> = {
  'zeros in 2,400 brackets': nest(2_400, Array(28_000).fill(0).join()),
  '30,000 brackets that close': nest(30_000),
  '30,000 brackets': '['.repeat(30_000),
  '500,000 brackets that close': nest(500_000),
  'objects in objects': `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  'what is escaped': JSON.stringify('é/'.repeat(20_000)),
  'a mebibyte of backslashes': `"${'\\'.repeat(1_000_000)}"`,
  'a mebibyte of quotes': '"'.repeat(1_000_000),
  '20,000 keys': JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, key) => [`k${key}`, key]))),
  'line ends': '\r\n'.repeat(30_000),
  'white space': ' '.repeat(1_000_000),
  'no UTF-8': Buffer.alloc(60_000, 0xff),
  zeros: Buffer.alloc(1_000_000),
};
const forged = { 'X-Signature': 'ab'.repeat(32) };

let receiver: Receiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});

describe.each(platforms)('[W1] a stranger on %s', (platform) => {
  it('is refused whatever the body, through the hook of the host, with a line a minute and no word of why', async () => {
    const refusals: string[] = [];
    @Injectable()
    class CountingGuard extends ExdataWebhookGuard {
      protected override refused({ reason, hint }: ExdataWebhookRefusal): void {
        refusals.push(`${reason} ${String(hint)}`);
      }
    }
    const host = (receiver = await Receiver.start(platform, { extras: { webhookGuard: CountingGuard } }));
    const answers = await Promise.all(Object.values(dear).map((body) => host.deliver(body, forged)));
    for (const { status, text } of answers)
      expect([status, JSON.parse(text)]).toEqual([401, { statusCode: 401, message: 'Unauthorized' }]);
    await host.until(() => host.refusals().length > 0);
    expect(refusals).toEqual(answers.map(() => 'signature undefined'));
    expect(host.refusals()).toEqual([expect.stringMatching(/reason=signature count=1 /)]);
    expect(host.lines.filter((line) => /RangeError|stack|ExceptionsHandler/.test(line))).toEqual([]);
    expect(await host.deliver()).toMatchObject({ status: 204 });
  });

  it('gets a 401 where its body is the one to be looked into, whatever the body', async () => {
    const clock = new ShiftedClock();
    const host = (receiver = await Receiver.start(platform, {
      extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
    }));
    for (const [index, body] of Object.values(dear).entries()) {
      clock.skip(60_000);
      expect((await host.deliver(body, forged)).status).toBe(401);
      await host.until(() => host.refusals().length > index);
    }
    expect(host.refusals()).toEqual(Object.keys(dear).map(() => expect.stringMatching(/hint="no secret fits/)));
  });

  it('cannot have a bomb unfolded', async () => {
    const host = (receiver = await Receiver.start(platform, { options: { webhook: { compressedBodies: true } } }));
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    expect((await host.deliver(bomb, { ...forged, 'Content-Encoding': 'gzip' })).status).toBe(401);
    expect((await host.deliver(bomb, { 'Content-Encoding': 'gzip' })).status).toBe(413);
  });

  it('learns nothing from odd paths', async () => {
    const host = (receiver = await Receiver.start(platform));
    for (const below of ['/%', '/%2e%2e', '/%00', '/a/b', '//', `/${'a'.repeat(9_000)}`, '/__proto__', '?a[b]=c']) {
      const { status, text } = await host.deliverTo(below, '{}', forged);
      expect([400, 401, 404, 414]).toContain(status);
      expect(text).not.toMatch(/stack|node_modules|\bat /);
    }
  });

  it('is refused also where the host’s own part in it fails or never ends', async () => {
    const clock = new ShiftedClock();
    const hooks: (() => void | Promise<void>)[] = [
      () => {
        throw new RangeError('redis://user:password@host is away');
      },
      () => Promise.reject(new TypeError('no such key')),
      () => new Promise<void>(() => setImmediate(() => clock.skip(2_000))),
      () => Promise.reject(new HttpException('slow down', 429)),
    ];
    @Injectable()
    class FailingGuard extends ExdataWebhookGuard {
      protected override refused(): void | Promise<void> {
        return hooks.shift()?.();
      }
    }
    const extras = { webhookGuard: FailingGuard, providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
    const host = (receiver = await Receiver.start(platform, { extras }));
    const answers: Answer[] = [];
    for (let count = 0; count < 5; count++) answers.push(await host.deliver('{}', { 'X-Signature': 'short' }));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 429, 401]);
    expect(host.lines.filter((line) => line.startsWith('webhook.refused_hook_failed'))).toEqual([
      'webhook.refused_hook_failed fault=RangeError count=1',
    ]);
    expect(host.lines.join('\n')).not.toMatch(/password|ExceptionsHandler/);
  });
});
