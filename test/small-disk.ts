import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';

/** A file system of its own, so small that it is soon full. */
export interface SmallDisk {
  readonly folder: string;
  /** Lets it be read only, or written again. */
  readOnly(is: boolean): void;
}

const mount = (...argv: string[]): unknown => execFileSync('mount', argv, { stdio: 'pipe' });

function mounted(bytes: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'exdata-small-disk-'));
  mount('-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder);
  return folder;
}

function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true });
}

/** Only root may mount, and in some containers nobody. */
const isAllowed = ((): boolean => {
  try {
    unmount(mounted(4_096));
    return true;
  } catch {
    return false;
  }
})();

/** Runs a suite on a disk that is really full at `bytes`. Where none can be mounted it is skipped, and Jest says so. */
export function describeWithSmallDisk(name: string, bytes: number, body: (disk: SmallDisk) => void): void {
  let folder = '';
  const disk: SmallDisk = {
    get folder() {
      return folder;
    },
    readOnly: (is) => void mount('-o', `remount,${is ? 'ro' : 'rw'}`, folder),
  };
  const run = isAllowed ? describe : describe.skip;
  run(isAllowed ? name : `${name} (SKIPPED: nothing may be mounted here)`, () => {
    beforeAll(() => {
      folder = mounted(bytes);
    });
    afterAll(() => unmount(folder));
    body(disk);
  });
}
