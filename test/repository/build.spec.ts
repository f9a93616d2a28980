import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildIfStale } from '../../scripts/build.mjs';
import { withLock } from '../../scripts/lock.mjs';
import { root } from '../packages.js';

describe('the build', () => {
  it('happens once for two calls at once, and not again', async () => {
    const built = await Promise.all([buildIfStale(), buildIfStale()]);
    expect(built.filter(Boolean).length).toBeLessThanOrEqual(1);
    const entry = path.join(root, 'libs/exdata/dist/esm/index.js');
    const { mtimeMs } = await stat(entry);
    expect(await buildIfStale()).toBe(false);
    expect((await stat(entry)).mtimeMs).toBe(mtimeMs);
  });
});

describe('the lock between processes', () => {
  let folder: string;
  let lock: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'exdata-lock-'));
    lock = path.join(folder, 'lock');
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('lets one work at a time', async () => {
    let working = 0;
    const most: number[] = [];
    const work = () =>
      withLock(lock, async () => {
        most.push(++working);
        await new Promise(setImmediate);
        working--;
      });
    await Promise.all([work(), work(), work()]);
    expect(most).toEqual([1, 1, 1]);
  });

  it('is given back when the work fails', async () => {
    await expect(withLock(lock, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await withLock(lock, () => Promise.resolve('free'))).toBe('free');
  });

  it('is taken over from a process that died', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    await writeFile(lock, String(pid));
    expect(await withLock(lock, () => Promise.resolve('taken over'))).toBe('taken over');
  });
});
