/** A lock between processes on one machine, as a file that names its owner. */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 50;

/**
 * Runs `work` while no other process runs one under the same lock file. The lock of a process that died is taken over.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, work) {
  const own = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(own, String(process.pid));
  try {
    while (!(await take(own, file))) await delay(pollMs);
    try {
      return await work();
    } finally {
      await rm(file, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * A link appears with its content at once: nobody ever reads a lock that does not name its owner yet.
 * @param {string} own
 * @param {string} file
 */
async function take(own, file) {
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  const owner = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (owner > 0 && !isAlive(owner)) {
    // Renamed, not deleted: of several that wait, one moves it away and the others find nothing to move.
    await rename(file, `${own}.stale`).catch(() => undefined);
    await rm(`${own}.stale`, { force: true });
  }
  return false;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function hasCode(error, code) {
  // Not `instanceof Error`: under Jest the error comes from another realm.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
