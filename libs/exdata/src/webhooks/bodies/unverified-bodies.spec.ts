import { describe, expect, it } from '@jest/globals';
import { BodyPages } from './body-pages.js';
import { SparePages } from './spare-pages.js';
import { UnverifiedBodies } from './unverified-bodies.js';
import type { UnverifiedBody } from './unverified-bodies.js';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

const take = (pages: BodyPages, chunk: Buffer): void => pages.take(chunk, pages.need(chunk));

class Room {
  time = 0;
  readonly out: string[] = [];
  readonly bodies = new UnverifiedBodies({ now: () => this.time, after: () => () => undefined }, 4 * mebibyte);

  open(name: string, announced?: number): UnverifiedBody {
    const body = this.bodies.open(announced, () => this.out.push(name));
    if (!body) throw new Error(`no room for ${name}`);
    return body;
  }

  /** Opens a body and sends so much of it. */
  send(name: string, bytes: number): boolean {
    const body = this.open(name, mebibyte);
    for (let sent = 0; sent < bytes; sent += 16 * kibibyte) if (!body.take(Buffer.alloc(16 * kibibyte))) return false;
    return true;
  }
}

describe('the pages of a body', () => {
  const spare = new SparePages(64 * kibibyte);

  it.each([undefined, 100_000])(
    'copy single bytes, and never set aside much more than came (announced: %s)',
    (announced) => {
      const pages = new BodyPages(announced, spare);
      const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
      for (let at = 0; at < bytes.length; at++) {
        take(pages, bytes.subarray(at, at + 1));
        if (pages.capacity > 2 * pages.size + 4 * kibibyte) throw new Error(`${pages.capacity} for ${pages.size}`);
      }
      expect(pages.whole().equals(bytes)).toBe(true);
      expect(pages.capacity).toBe(100_000);
    },
  );

  it.each([[[1]], [[1_000]], [[5_000, 1, 70_000, 300_000]], [[0, 3, 0]]])('hold chunks of any size: %j', (sizes) => {
    const chunks = sizes.map((size, at) => Buffer.alloc(size, at + 1));
    const whole = Buffer.concat(chunks);
    for (const announced of [undefined, whole.length]) {
      const pages = new BodyPages(announced, spare);
      for (const chunk of chunks) take(pages, chunk);
      if (announced !== undefined) expect(pages.capacity).toBe(announced);
      expect(pages.whole().equals(whole)).toBe(true);
    }
  });
});

it('pages that are used again do not change what was given away', () => {
  const spare = new SparePages(64 * kibibyte);
  const bodyOf = (byte: number, bytes: number): Buffer => {
    const pages = new BodyPages(undefined, spare);
    for (let sent = 0; sent < bytes; sent += 8 * kibibyte) take(pages, Buffer.alloc(8 * kibibyte, byte));
    return pages.whole();
  };
  const single = new BodyPages(undefined, spare);
  take(single, Buffer.alloc(64 * kibibyte, 9));
  const given = [single.whole(), ...[1, 2, 3].map((byte) => bodyOf(byte, mebibyte))];
  expect(given.map((bytes) => [...new Set(bytes)])).toEqual([[9], [1], [2], [3]]);
});

describe('[W5] all bodies that are not verified', () => {
  it('count what is set aside for them and 16 KiB, until they are closed', () => {
    const room = new Room();
    const body = room.open('a', 1_000);
    expect(room.bodies.held).toBe(16 * kibibyte);
    body.take(Buffer.alloc(1));
    expect(room.bodies.held).toBe(17_384);
    body.take(Buffer.alloc(999));
    expect(body.whole()).toHaveLength(1_000);
    expect(room.bodies.held).toBe(17_384);
    body.close();
    body.close();
    expect([room.bodies.held, room.bodies.count]).toEqual([0, 0]);
  });

  it('get no more room once it is full of such as nobody knows to be slow', () => {
    const room = new Room();
    const taken = Array.from({ length: 50 }, (_, at) => room.send(`body ${at}`, mebibyte - 1));
    expect(taken.filter(Boolean)).toHaveLength(2);
    expect(room.bodies.held).toBeLessThanOrEqual(4 * mebibyte);
  });

  it('push out the slowest after a second', () => {
    const room = new Room();
    expect([
      room.send('slow', 600 * kibibyte),
      room.send('fast', 900 * kibibyte),
      room.send('slower', 500 * kibibyte),
    ]).toEqual([true, true, true]);
    room.time = 1_000;
    expect(room.send('new', mebibyte)).toBe(true);
    expect(room.out).toEqual(['slower']);
    expect(room.send('another', mebibyte)).toBe(true);
    expect(room.out).toEqual(['slower', 'slow']);
  });

  it('leave a part to short ones, which push out whoever is slowest, at once', () => {
    const room = new Room();
    while (room.send('stranger', mebibyte - 1));
    room.time = 1;
    for (let count = 0; count < 2_000; count++) {
      const body = room.open('honest', 2_000);
      expect(body.take(Buffer.alloc(2_000))).toBe(true);
      body.whole();
      body.close();
    }
    expect(room.out).toEqual([]);
    for (let count = 0; count < 10_000; count++) room.open('announced', mebibyte);
    expect(room.bodies.held).toBeLessThanOrEqual(4 * mebibyte);
    expect(room.bodies.count).toBeLessThanOrEqual(256);
    expect(room.open('honest', 2_000).take(Buffer.alloc(2_000))).toBe(true);
    expect(new Set(room.out.slice(0, 1_000))).toEqual(new Set(['announced']));
    expect(room.out).not.toContain('honest');
  });

  it('do not push out what is complete and waits for its verdict', () => {
    const room = new Room();
    const body = room.open('complete', 5);
    body.take(Buffer.from('whole'));
    expect(body.whole().toString()).toBe('whole');
    room.time = 100_000;
    for (let count = 0; count < 1_000; count++) room.open('announced');
    expect(room.out).not.toContain('complete');
  });

  it('hold nothing of what is too large', () => {
    const room = new Room();
    const body = room.open('large');
    body.take(Buffer.alloc(mebibyte));
    body.drop();
    body.take(Buffer.alloc(mebibyte));
    expect([room.bodies.held, body.size]).toEqual([16 * kibibyte, 2 * mebibyte]);
  });
});
