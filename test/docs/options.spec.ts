import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { accountFields } from '../../libs/exdata/src/config/account-fields.js';
import { optionsSchema } from '../../libs/exdata/src/config/config.js';
import { root } from '../packages.js';

/** The options with their defaults, groups gone through. */
function optionsOf(
  { properties = {} }: z.core.JSONSchema.BaseSchema,
  prefix = '',
): [name: string, fallback: unknown][] {
  return Object.entries(properties).flatMap(([name, told]): [string, unknown][] => {
    if (typeof told === 'boolean') throw new Error(`nothing is known of ${name}`);
    return told.properties ? optionsOf(told, `${prefix}${name}.`) : [[`${prefix}${name}`, told.default]];
  });
}

const inSchema = optionsOf(z.toJSONSchema(optionsSchema, { io: 'input', unrepresentable: 'any' }));
const page = readFileSync(path.join(root, 'docs/configuration.md'), 'utf8');
const [, section = ''] = page.split('\n## Options\n');
const [table = ''] = section.split('\n## ');
const onPage = [...table.matchAll(/^\| `([\w.]+)` +\| .*?\S +\| (.*?) +\|$/gm)].map(
  ([, name = '', fallback = '']) => [name, fallback] as const,
);

it('docs/configuration.md names every option, and no other', () => {
  expect(inSchema.length).toBeGreaterThan(40);
  const names = [...inSchema.map(([name]) => name), ...accountFields, 'accounts'];
  expect(onPage.map(([name]) => name).sort()).toEqual(names.sort());
});

it.each(inSchema.filter(([, fallback]) => ['number', 'string', 'boolean'].includes(typeof fallback)))(
  'docs/configuration.md gives the default of %s',
  (name, fallback) => {
    const told = onPage.find(([each]) => each === name)?.[1];
    const words = typeof fallback === 'number' ? fallback.toLocaleString('en-US') : `\`${String(fallback)}\``;
    expect(told?.replace(/ \(.*\)$/, '')).toBe(words);
  },
);
