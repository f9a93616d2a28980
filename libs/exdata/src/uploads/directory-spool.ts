import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { EntityManager } from 'typeorm';
import type { Clock } from '../dispatch/index.js';
import { FileReading } from './file-reading.js';
import { orphanAgeMs } from './spool.js';
import type { SpoolNotes } from './spool-notes.js';
import type { Spool, Spooled } from './spool.js';

/** Of a file whose ledger row has not been written: what a crash leaves behind with it is nobody's. */
const partEnding = '.part';
/** Spool ids, kept or not yet; nothing else in the directory is ours to touch. */
const ownName = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}(\.part)?$/;

/** Spools to a directory that only this service should read: files are readable by its user alone. */
export class DirectorySpool implements Spool {
  /** @param shared whether the directory lies on a volume that all processes share */
  constructor(
    private readonly directory: string,
    private readonly clock: Clock,
    private readonly notes: SpoolNotes,
    readonly shared = false,
  ) {}

  async write(id: string, from: Readable, maxBytes: number): Promise<Spooled> {
    const part = this.#pathOf(id) + partEnding;
    try {
      await this.notes.make(id);
      await mkdir(this.directory, { recursive: true, mode: 0o700 });
      return await this.#writePart(part, new FileReading(from, maxBytes));
    } catch (error) {
      // What cannot be erased now is cleaned up in an hour.
      await this.erase(id).catch(() => undefined);
      throw error;
    } finally {
      from.destroy();
    }
  }

  async keep(manager: EntityManager, id: string): Promise<void> {
    await this.notes.settle(manager, id);
    await rename(this.#pathOf(id) + partEnding, this.#pathOf(id));
    await this.#syncDirectory();
  }

  open(id: string): Readable {
    return createReadStream(this.#pathOf(id), { highWaterMark: 256 * 1024 });
  }

  async erase(id: string): Promise<void> {
    await rm(this.#pathOf(id), { force: true });
    await rm(this.#pathOf(id) + partEnding, { force: true });
    await this.notes.drop(id);
  }

  async clean(isOver: (id: string) => Promise<boolean>): Promise<void> {
    for (const name of await readdir(this.directory).catch(() => [])) {
      if (!ownName.test(name)) continue;
      const file = path.join(this.directory, name);
      const found = await stat(file).catch(() => null);
      if (!found?.isFile() || this.clock.now() - found.mtimeMs < orphanAgeMs) continue;
      const id = path.basename(name, partEnding);
      if (name.endsWith(partEnding) || (await isOver(id))) await this.erase(id);
      // The process may have ended between the new name and the commit.
      else await this.notes.clear(id, () => rm(file, { force: true }));
    }
  }

  async #writePart(part: string, reading: FileReading): Promise<Spooled> {
    const file = await open(part, 'w', 0o600);
    try {
      for await (const bytes of reading.chunks()) await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    return reading.spooled();
  }

  /** A new name outlives a power cut only once its directory is written too. Windows opens no directories, and does that by itself. */
  async #syncDirectory(): Promise<void> {
    const directory = await open(this.directory, 'r').catch(() => null);
    if (!directory) return;
    await directory.sync().finally(() => directory.close());
  }

  #pathOf(id: string): string {
    return path.join(this.directory, id);
  }
}
