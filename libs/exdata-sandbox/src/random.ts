import { createHash } from 'node:crypto';

const crockford = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Repeatable randomness: SHA-256 over a seed and a counter. The same seed gives the same ids, secrets and default
 * invoices on every machine. Not for anything that must be hard to guess.
 */
export class SeededRandom {
  private counter = 0;

  constructor(private readonly seed: string) {}

  /** A generator of its own, which what others draw does not disturb. */
  fork(name: string): SeededRandom {
    return new SeededRandom(`${this.seed}/${name}`);
  }

  /** @returns `size` bytes, at most 32 */
  bytes(size: number): Buffer {
    return createHash('sha256')
      .update(`${this.seed}\0${String(this.counter++)}`)
      .digest()
      .subarray(0, size);
  }

  /** @returns a whole number from 0 up to, but not including, `limit` */
  below(limit: number): number {
    return this.bytes(6).readUIntBE(0, 6) % limit;
  }

  /** @returns one of `items` */
  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }

  /** @returns a version 4 UUID (RFC 9562) */
  uuid(): string {
    const bytes = this.bytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  /** @returns 26 characters of Crockford's base 32, as in exdata's sample `req_01jv2f4v3m8x8r7a1p9d0k2m7q` */
  base32(): string {
    return Array.from(this.bytes(26), (byte) => crockford[byte % 32]).join('');
  }

  /** @returns `size` random bytes as lowercase hex */
  hex(size: number): string {
    return this.bytes(size).toString('hex');
  }
}
