import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import type { EntityManager } from 'typeorm';
import type { ExdataClock } from '../dispatch/index.js';
import { ExdataFileReading } from './file-reading.js';
import { systemCodeOf } from './spool-fault.js';
import { orphanAgeMs } from './spool.js';
import { SpoolRoom } from './spool-room.js';
import type { SpoolNotes } from './spool-notes.js';
import type { ExdataSpool, ExdataSpooled } from './spool.js';

/** Of a file that is being written: what a crash leaves behind with it is nobody's. */
const partEnding = '.part';
/** Spool ids, written to their end or not yet; nothing else in the directory is ours to touch. */
const ownName = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}(\.part)?$/;

/** Spools to a directory that only this service should read: files are readable by its user alone. */
export class DirectorySpool implements ExdataSpool {
  readonly #room: SpoolRoom;

  /**
   * @param shared whether the directory lies on a volume that all processes share
   * @param limit what it may hold in all, in bytes
   */
  constructor(
    private readonly directory: string,
    private readonly clock: ExdataClock,
    private readonly notes: SpoolNotes,
    readonly shared = false,
    limit = Infinity,
  ) {
    this.#room = new SpoolRoom(limit, () => this.#held(), clock);
  }

  async write(id: string, from: Readable, maxBytes: number): Promise<ExdataSpooled> {
    const part = this.#pathOf(id) + partEnding;
    try {
      await this.notes.make(id);
      const spooled = await this.#writePart(part, new ExdataFileReading(from, maxBytes));
      await rename(part, this.#pathOf(id));
      await this.#syncDirectory();
      return spooled;
    } catch (error) {
      // What cannot be erased now is cleaned up in an hour.
      await this.erase(id).catch(() => undefined);
      throw error;
    } finally {
      from.destroy();
    }
  }

  async keep(manager: EntityManager, id: string): Promise<void> {
    // The file has its name already: the transaction may be begun anew, and a file moves once.
    await this.notes.settle(manager, id);
  }

  open(id: string): Readable {
    return createReadStream(this.#pathOf(id), { highWaterMark: 256 * 1024 });
  }

  async erase(id: string, wasKept = false): Promise<void> {
    await unlinkIfThere(this.#pathOf(id));
    // Its note ended with the transaction that kept it.
    if (wasKept) return;
    await unlinkIfThere(this.#pathOf(id) + partEnding);
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
      // The process may have ended before the ledger row was committed.
      else if (await this.notes.claim(id)) await this.erase(id);
    }
  }

  /**
   * Writes a few bytes and erases them: what refuses an upload (a full disk, a volume that can only be read) refuses
   * these too.
   */
  async check(): Promise<void> {
    const file = path.join(this.directory, `.check-${String(process.pid)}`);
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    try {
      await writeFile(file, 'ok', { mode: 0o600 });
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Makes the directory too, where it is not there. */
  #create(part: string): Promise<FileHandle> {
    return open(part, 'w', 0o600).catch(async (error: unknown) => {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
      await mkdir(this.directory, { recursive: true, mode: 0o700 });
      return open(part, 'w', 0o600);
    });
  }

  async #writePart(part: string, reading: ExdataFileReading): Promise<ExdataSpooled> {
    const file = await this.#create(part);
    try {
      for await (const bytes of reading.chunks()) {
        await this.#room.take(bytes.length);
        await file.writeFile(bytes);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return reading.spooled();
  }

  /**
   * A new name outlives a power cut only once its directory is written too. Windows opens no directories, and does that
   * by itself.
   */
  async #syncDirectory(): Promise<void> {
    const directory = await open(this.directory, 'r').catch(() => null);
    if (!directory) return;
    await directory.sync().finally(() => directory.close());
  }

  /** In bytes. */
  async #held(): Promise<number> {
    let held = 0;
    for (const name of await readdir(this.directory).catch(() => [])) {
      if (ownName.test(name)) held += (await stat(path.join(this.directory, name)).catch(() => null))?.size ?? 0;
    }
    return held;
  }

  #pathOf(id: string): string {
    return path.join(this.directory, id);
  }
}

async function unlinkIfThere(file: string): Promise<void> {
  await unlink(file).catch(async (error: unknown) => {
    // A disk that can only be read says so of files too that it does not have.
    if (systemCodeOf(error) !== 'ENOENT' && (await isThere(file))) throw error;
  });
}

/** Also where nobody can tell. */
function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: unknown) => systemCodeOf(error) !== 'ENOENT',
  );
}
