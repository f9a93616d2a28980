import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../dispatch/index.js';
import { SpoolLimitError } from './spool.js';
import type { Spool, Spooled } from './spool.js';

const headBytes = 4096;
const partEnding = '.part';
/** Row ids, whole or in the writing; nothing else in the directory is ours to touch. */
const ownName = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}(\.part)?$/;
const orphanAgeMs = 3_600_000;

/** Spools to a directory that only this service should read: files are readable by its user alone. */
export class DirectorySpool implements Spool {
  constructor(
    private readonly directory: string,
    private readonly clock: Clock,
  ) {}

  async write(id: string, from: Readable, maxBytes: number): Promise<Spooled> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const part = this.#pathOf(id) + partEnding;
    try {
      const spooled = await this.#writePart(part, from, maxBytes);
      await rename(part, this.#pathOf(id));
      return spooled;
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    } finally {
      from.destroy();
    }
  }

  open(id: string): Readable {
    return createReadStream(this.#pathOf(id), { highWaterMark: 256 * 1024 });
  }

  async erase(id: string): Promise<void> {
    await rm(this.#pathOf(id), { force: true });
  }

  async clean(isOver: (id: string) => Promise<boolean>): Promise<void> {
    for (const name of await readdir(this.directory).catch(() => [])) {
      if (!ownName.test(name)) continue;
      const file = path.join(this.directory, name);
      const found = await stat(file).catch(() => null);
      if (!found?.isFile() || this.clock.now() - found.mtimeMs < orphanAgeMs) continue;
      if (name.endsWith(partEnding) || (await isOver(name))) await rm(file, { force: true });
    }
  }

  async #writePart(part: string, from: Readable, maxBytes: number): Promise<Spooled> {
    const hash = createHash('sha256');
    let size = 0;
    let head = Buffer.alloc(0);
    const file = await open(part, 'w', 0o600);
    try {
      for await (const chunk of from as AsyncIterable<Uint8Array | string>) {
        const bytes = Buffer.from(chunk as Uint8Array);
        size += bytes.length;
        if (size > maxBytes) throw new SpoolLimitError(`more than ${String(maxBytes)} bytes`);
        hash.update(bytes);
        if (head.length < headBytes) head = Buffer.concat([head, bytes.subarray(0, headBytes - head.length)]);
        await file.writeFile(bytes);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { size, sha256: hash.digest('hex'), head };
  }

  #pathOf(id: string): string {
    return path.join(this.directory, id);
  }
}
