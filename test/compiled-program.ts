import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { transformFile } from '@swc/core';
import { buildIfStale } from '../scripts/build.mjs';
import { root } from './packages.js';

/** A program of the tests, ready to be run by Node beside the compiled packages. */
export interface CompiledProgram {
  readonly file: string;
  remove(): Promise<void>;
}

/**
 * Compiles a program into a folder of its own inside the workspace, where the packages are found.
 * @param entry the file to run, from the top of the workspace
 * @param others files that it imports by their paths
 */
export async function compileProgram(entry: string, others: readonly string[]): Promise<CompiledProgram> {
  await buildIfStale();
  await mkdir(path.join(root, '.build'), { recursive: true });
  const folder = await mkdtemp(path.join(root, '.build', 'program-'));
  const compiled = (source: string): string => path.join(folder, source.replace(/\.ts$/, '.js'));
  for (const source of [entry, ...others]) {
    const { code } = await transformFile(path.join(root, source), {
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      },
      module: { type: 'es6' },
      swcrc: false,
    });
    await mkdir(path.dirname(compiled(source)), { recursive: true });
    await writeFile(compiled(source), code);
  }
  return { file: compiled(entry), remove: () => rm(folder, { recursive: true, force: true }) };
}
