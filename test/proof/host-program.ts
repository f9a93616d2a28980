import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { transformFile } from '@swc/core';
import { buildIfStale } from '../../scripts/build.mjs';
import { root } from '../packages.js';

const sources = [
  'test/life/shifted-clock.ts',
  ...['settings', 'stop', 'stops', 'delivery-stops', 'desk.controller', 'host.module', 'program'].map(
    (name) => `test/proof/host/${name}.ts`,
  ),
];

/** The host of test/proof/host, ready to be run by Node beside the compiled package. */
export interface HostProgram {
  readonly file: string;
  remove(): Promise<void>;
}

/** Compiles it into a folder of its own inside the workspace, where the packages are found. */
export async function compileHost(): Promise<HostProgram> {
  await buildIfStale();
  await mkdir(path.join(root, '.build'), { recursive: true });
  const folder = await mkdtemp(path.join(root, '.build', 'proof-'));
  for (const source of sources) {
    const { code } = await transformFile(path.join(root, source), {
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      },
      module: { type: 'es6' },
      swcrc: false,
    });
    const file = path.join(folder, source.replace(/\.ts$/, '.js'));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, code);
  }
  return { file: path.join(folder, 'test/proof/host/program.js'), remove: () => rm(folder, { recursive: true, force: true }) };
}
