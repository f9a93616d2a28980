import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { execute, pack, root, temporaryFolder } from '../packages.js';

const library = path.join(root, 'libs/exdata');
let folder: string;
let remove: () => Promise<void>;
let tarball: string;

beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder('package'));
  tarball = await pack('nestjs-exdata', folder);
  await execute('tar', ['-xzf', tarball, '-C', folder]);
});

afterAll(() => remove());

describe('the package nestjs-exdata', () => {
  it('satisfies publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: path.join(folder, 'package'), pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('resolves with its types for every kind of host', async () => {
    await execute(process.execPath, [
      'node_modules/@arethetypeswrong/cli/dist/index.js',
      tarball,
      '--profile',
      'strict',
      '--no-emoji',
      '--no-color',
    ]);
  });

  it('carries its licence, its README and the sources that its maps name, and no test', async () => {
    const files = (await execute('tar', ['-tzf', tarball])).trim().split('\n');
    for (const file of [
      'LICENSE',
      'README.md',
      'src/index.ts',
      'dist/esm/index.js.map',
      'dist/cjs/index.d.ts.map',
      'dist/cjs/package.json',
    ]) {
      expect(files).toContain(`package/${file}`);
    }
    expect(files.filter((file) => /\.spec\.|tsconfig|\.tsbuildinfo/.test(file))).toEqual([]);
    expect(await readFile(path.join(library, 'LICENSE'), 'utf8')).toBe(
      await readFile(path.join(root, 'LICENSE'), 'utf8'),
    );
  });

  it.each(['dist/esm/index.js', 'dist/esm/index.d.ts', 'dist/cjs/index.js', 'dist/cjs/index.d.ts'])(
    'loads from %s only packages that every host has',
    async (entry) => {
      const manifest = await readManifest();
      const optional = Object.keys(manifest.peerDependenciesMeta);
      const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
      const loaded = await packagesLoadedFrom(path.join(folder, 'package', entry));
      expect(loaded.filter((name) => !declared.includes(name) || optional.includes(name))).toEqual([]);
      expect(loaded).toContain('@nestjs/common');
    },
  );
});

interface Manifest {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, unknown>;
}

async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(path.join(folder, 'package/package.json'), 'utf8')) as Manifest;
}

/** Follows the relative imports of a compiled file; gives the names of the packages met on the way. */
async function packagesLoadedFrom(entry: string): Promise<string[]> {
  const names = new Set<string>();
  const queue = [entry];
  const ending = entry.endsWith('.d.ts') ? '.d.ts' : '.js';
  for (const file of queue) {
    const { importedFiles } = ts.preProcessFile(await readFile(file, 'utf8'), true, true);
    for (const { fileName: specifier } of importedFiles) {
      const next = path.resolve(path.dirname(file), specifier.replace(/\.js$/, ending));
      if (specifier.startsWith('.') && !queue.includes(next)) queue.push(next);
      if (!specifier.startsWith('.') && !isBuiltin(specifier))
        names.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
    }
  }
  return [...names];
}
