/** The packages as their users get them: compiled and packed. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildIfStale } from '../scripts/build.mjs';

const run = promisify(execFile);

/** The top of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a program to its end. Throws, with all that it printed, if it does not end with 0. */
export async function execute(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  try {
    const { stdout } = await run(command, args, { cwd: root, maxBuffer: 32 * 1024 * 1024, ...options });
    return stdout;
  } catch (error) {
    // Not `instanceof Error`: Jest runs tests in a realm of their own, and this error was made outside it.
    if (typeof error !== 'object' || error === null || !('stdout' in error && 'stderr' in error)) throw error;
    throw new Error(`${command} ${args.join(' ')} failed:\n${String(error.stdout)}\n${String(error.stderr)}`, {
      cause: error,
    });
  }
}

/** Makes an empty folder outside the workspace; `remove` deletes it. */
export async function temporaryFolder(label: string): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), `exdata-${label}-`));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Builds what is stale and packs a workspace into `folder`; returns the tarball's path. */
export async function pack(workspace: string, folder: string): Promise<string> {
  await buildIfStale();
  await execute('npm', ['pack', '--workspace', workspace, '--pack-destination', folder, '--ignore-scripts']);
  const [tarball] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack left no tarball of ${workspace} in ${folder}`);
  return path.join(folder, tarball);
}
