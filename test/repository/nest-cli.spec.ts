import { existsSync } from 'node:fs';
import { cp, symlink } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { buildIfStale } from '../../scripts/build.mjs';
import { execute, root, temporaryFolder } from '../packages.js';

let folder: string;
let remove: () => Promise<void>;

/**
 * A copy, so that no other test meets half-written output. Its packages, the workspace's own too, are those of the
 * repository.
 */
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder('nest-cli'));
  await buildIfStale();
  const isSource = (file: string) => !['dist', 'node_modules'].includes(path.basename(file));
  for (const part of ['nest-cli.json', 'package.json', 'tsconfig.base.json', 'libs', 'apps']) {
    await cp(path.join(root, part), path.join(folder, part), { recursive: true, filter: isSource });
  }
  for (const part of ['.', 'libs/exdata', 'libs/exdata-sandbox', 'apps/demo'].map((place) =>
    path.join(place, 'node_modules'),
  )) {
    if (existsSync(path.join(root, part))) await symlink(path.join(root, part), path.join(folder, part), 'dir');
  }
});

afterAll(() => remove());

it.each([
  { project: 'exdata', output: 'libs/exdata/dist/esm/index.js' },
  { project: 'exdata-sandbox', output: 'libs/exdata-sandbox/dist/index.js' },
  { project: 'demo', output: 'apps/demo/dist/main.js' },
])('nest build $project', async ({ project, output }) => {
  await execute(process.execPath, [path.join(root, 'node_modules/@nestjs/cli/bin/nest.js'), 'build', project], {
    cwd: folder,
  });
  expect(existsSync(path.join(folder, output))).toBe(true);
});
