import type { ClientRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EXDATA_CLOCK } from 'nestjs-exdata';
import { ShiftedClock } from '../life/shifted-clock.js';
import { platforms, Receiver, signedHeaders } from './receiver.js';
import { open } from './send.js';

const largest = 128 * 1024;
/** Longer than any test takes: only the clock that is moved on brings it about. */
const bodyTimeoutMs = 3_600_000;
/** Bodies of the largest size that have room at once: three quarters of 1 MiB is for what is not short. */
const mostHeld = 5;

/** Truly signed, of so many bytes. */
const ofSize = (bytes: number): string =>
  JSON.stringify({ data: [], filler: '' }).replace('""', `"${'x'.repeat(bytes - 23)}"`);

/** A stranger that sends all of its body but the last byte. */
class Stranger {
  /** Status of its answer, `cut` where the connection ended without one; null while it is held. */
  end: number | 'cut' | null = null;
  retryAfter: string | undefined;
  private readonly request: ClientRequest;

  constructor(url: string, sent = largest - 1) {
    const headers = { ...signedHeaders('{}'), 'Content-Length': String(largest) };
    this.request = open(url, { method: 'POST', headers });
    this.request.on('response', (answer) => {
      this.end = answer.statusCode ?? 0;
      this.retryAfter = answer.headers['retry-after'];
      answer.resume();
    });
    this.request.on('error', () => (this.end ??= 'cut'));
    this.request.on('close', () => (this.end ??= 'cut'));
    this.request.flushHeaders();
    if (sent > 0) this.request.write(Buffer.alloc(sent));
  }

  leave(): void {
    this.request.destroy();
  }
}

describe.each(platforms)('[W5] strangers that do not finish their bodies, on %s', (platform) => {
  const clock = new ShiftedClock();
  let host: Receiver;
  const strangers: Stranger[] = [];
  beforeEach(async () => {
    host = await Receiver.start(platform, {
      options: {
        webhook: { maxBodyBytes: largest, unverifiedBytes: 1024 * 1024, bodyTimeoutMs, timestampCheck: false },
      },
      extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
    });
  });
  afterEach(async () => {
    for (const stranger of strangers.splice(0)) stranger.leave();
    await host.close();
  });

  const held = (): number => strangers.filter(({ end }) => end === null).length;
  const come = async (count: number): Promise<void> => {
    strangers.push(...Array.from({ length: count }, () => new Stranger(host.url)));
    await host.until(() => held() <= mostHeld);
  };

  it('are turned away once they hold what all may hold together, while short deliveries come through', async () => {
    await come(60);
    expect(held()).toBeGreaterThan(0);
    const turnedAway = strangers.filter(({ end }) => end !== null);
    expect(turnedAway.map(({ end }) => end).filter((end) => end !== 'cut' && end !== 503)).toEqual([]);
    const told = turnedAway.filter(({ end }) => end === 503);
    expect(told.map(({ retryAfter }) => retryAfter)).toEqual(told.map(() => '5'));
    expect(
      host.refusals().filter((line) => /reason=no_room count=1 hint=.*webhook\.unverifiedBytes/.test(line)),
    ).toHaveLength(1);
    expect(host.refusals().filter((line) => !/reason=(no_room|pushed_out) count=1 /.test(line))).toEqual([]);
    for (let count = 0; count < 20; count++) expect(await host.deliver(ofSize(2_000))).toMatchObject({ status: 204 });
    expect(held()).toBeGreaterThan(0);
  });

  it('are cut off, the slowest first, when a long delivery needs their room', async () => {
    await come(20);
    clock.skip(1_000);
    const before = held();
    expect(await host.deliver(ofSize(largest))).toMatchObject({ status: 204 });
    await host.until(() => held() < before);
    expect(host.refusals().join('\n')).toContain('reason=pushed_out');
  });

  it('give their room back when they leave, and when their time is over', async () => {
    await come(20);
    for (const stranger of strangers.splice(0)) stranger.leave();
    const taken = async (): Promise<boolean> => (await host.deliver(ofSize(largest))).status === 204;
    await host.until(taken);
    await come(20);
    // Again for those whose bodies the host had not begun to read.
    await host.until(() => {
      clock.skip(bodyTimeoutMs);
      return held() === 0;
    });
    for (let count = 0; count < 20; count++) expect(await taken()).toBe(true);
    for (let count = 0; count < 20; count++)
      expect(await host.deliver(ofSize(largest), { 'X-Signature': 'ab'.repeat(32) })).toMatchObject({ status: 401 });
    expect(await Promise.all(Array.from({ length: mostHeld }, taken))).toEqual(
      Array.from({ length: mostHeld }, () => true),
    );
  });

  it('that only announce a body hold no more connections than there is room for', async () => {
    strangers.push(...Array.from({ length: 200 }, () => new Stranger(host.url, 0)));
    await host.until(() => held() <= 64);
    expect(await host.deliver()).toMatchObject({ status: 204 });
  });

  it('that send single bytes are read as they were signed', async () => {
    const body = ofSize(3_000);
    const request = open(host.url, {
      method: 'POST',
      headers: { ...signedHeaders(body), 'Transfer-Encoding': 'chunked' },
    });
    const status = new Promise((resolve) => request.on('response', (answer) => resolve(answer.resume().statusCode)));
    for (const byte of Buffer.from(body)) request.write(Buffer.from([byte]));
    request.end();
    expect(await status).toBe(204);
    expect((await host.inbox()).map((row) => row.body.toString())).toEqual([body]);
  });
});
