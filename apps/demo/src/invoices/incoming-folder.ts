import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SETTINGS } from '../settings/settings.module.js';
import type { Settings } from '../settings/settings.js';

/** Of a process by its id, so that what a killed one left can be told from what a live one works on. */
const ownName = /^exdata-demo-(\d+)-[\da-f]{12}$/;
/**
 * No request takes longer: a file this old is nobody's, and a folder whose process seems to live may be of another with
 * its id.
 */
const oldMs = 24 * 3_600_000;
const sweepEveryMs = 3_600_000;
/** With less room than this, in bytes, there is none. */
const leastRoom = 1_000_000;

/**
 * The folders of this process: in a container each start has the same id, and another's folder with it is of a start
 * before.
 */
const ofThisProcess = new Set<string>();

/**
 * Where a request's file lies until the module has spooled it: readable by this user alone, and swept of what crashes
 * left behind.
 */
@Injectable()
export class IncomingFolder implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly path: string;
  private timer: NodeJS.Timeout | undefined;

  constructor(@Inject(SETTINGS) { temporaryDirectory }: Settings) {
    this.path = path.join(temporaryDirectory, `exdata-demo-${process.pid}-${randomBytes(6).toString('hex')}`);
    ofThisProcess.add(this.path);
  }

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.sweep(), sweepEveryMs).unref();
    await this.sweep();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await rm(this.path, { recursive: true, force: true });
    ofThisProcess.delete(this.path);
  }

  /** Makes the folder where somebody removed it. Throws what the file system says. */
  async prepare(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
  }

  /** Why no file can be taken now; null where one can. */
  async fault(): Promise<string | null> {
    try {
      await this.prepare();
      await access(this.path, constants.W_OK);
      const { bavail, bsize } = await statfs(this.path);
      return bavail * bsize < leastRoom ? 'there is no room for uploads' : null;
    } catch {
      return 'the folder for uploads cannot be written';
    }
  }

  private async sweep(): Promise<void> {
    const around = path.dirname(this.path);
    for (const name of await readdir(around).catch(() => [])) {
      const [, pid] = ownName.exec(name) ?? [];
      if (pid === undefined) continue;
      const folder = path.join(around, name);
      if (!isOfLiveProcess(Number(pid), folder))
        await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      else await sweepOld(folder);
    }
  }
}

async function sweepOld(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const file = path.join(folder, name);
    const found = await stat(file).catch(() => null);
    if (found && Date.now() - found.mtimeMs > oldMs) await rm(file, { force: true }).catch(() => undefined);
  }
}

/** Whether a process with this id runs, of whoever. */
function isOfLiveProcess(pid: number, folder: string): boolean {
  if (pid === process.pid) return ofThisProcess.has(folder);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
  }
}
