import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { minVersion, satisfies } from 'semver';
import { z } from 'zod';
import { root } from '../packages.js';

const engines = z.object({ node: z.string().optional() });
const manifest = z.object({ engines: z.object({ node: z.string() }) });
const lockfile = z.object({
  // Very old packages list their engines.
  packages: z.record(z.string(), z.object({ engines: z.union([engines, z.array(z.string())]).optional() })),
});

const read = (file: string): unknown => JSON.parse(readFileSync(path.join(root, file), 'utf8'));

it('holds no package that asks for a newer Node.js than the oldest one promised, so that `npm ci` warns nobody', () => {
  const oldest = minVersion(manifest.parse(read('package.json')).engines.node)?.version ?? '';
  expect(oldest).toBe('20.19.0');
  const { packages } = lockfile.parse(read('package-lock.json'));
  const newer = Object.entries(packages).flatMap(([place, { engines: asked }]) => {
    const range = asked && !Array.isArray(asked) ? asked.node : undefined;
    return range === undefined || satisfies(oldest, range) ? [] : [`${place} asks for ${range}`];
  });
  expect(newer).toEqual([]);
});
