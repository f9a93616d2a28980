import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { ESLint } from 'eslint';
import { execute, root, temporaryFolder } from '../packages.js';
import { keptPackages, plainRooms, rooms, subpathFolders } from '../../scripts/lint/rooms.mjs';

const source = 'libs/exdata/src';
const architecture = new Set(['import-x/no-restricted-paths', 'no-restricted-imports', 'no-restricted-syntax']);

/** The project's own configuration, without types: a snippet belongs to no TypeScript project. */
const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => architecture.has(ruleId),
  overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false } } }],
});

/** Lints `text` as though it stood at `file`; gives the names of the rules that object. */
async function objections(file: string, text: string): Promise<(string | null)[]> {
  const results = await eslint.lintText(text, { filePath: file });
  return [...new Set(results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId)))];
}

const depth = (file: string): number => file.split(path.sep).length;

/** Of the room itself before one of its folders, which may stand behind a subpath. */
function firstFile(folder: string): string | undefined {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))[0];
}

const importOf = (from: string, to: string) =>
  path.posix
    .relative(path.posix.dirname(from), to)
    .replace(/^(?!\.)/, './')
    .replace(/\.ts$/, '.js');

/** Rooms that stand already, each with one of its files for others to import. */
const built = Object.keys(rooms).flatMap((room) => {
  const folder = `${source}/${room}`;
  const file = existsSync(folder) ? firstFile(folder) : undefined;
  return file === undefined ? [] : [{ room, file }];
});

const pairs = Object.entries(rooms).flatMap(([room, known]) =>
  built
    .filter((other) => other.room !== room)
    .map((other) => ({ room, other: other.room, file: other.file, allowed: known.includes(other.room) })),
);

describe('the floors of libs/exdata', () => {
  it('has a line in the table for each folder', () => {
    const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => !(name in rooms))).toEqual([]);
  });

  it.each(pairs.filter(({ allowed }) => !allowed))('keeps $room from importing $other', async ({ room, file }) => {
    const snippet = `${source}/${room}/snippet.ts`;
    for (const statement of [
      `import '${importOf(snippet, file)}';`,
      `import type * as T from '${importOf(snippet, file)}'; export type { T };`,
    ]) {
      expect(await objections(snippet, statement)).toContain('import-x/no-restricted-paths');
    }
  });

  it.each(pairs.filter(({ allowed }) => allowed))('lets $room import $other', async ({ room, file }) => {
    const snippet = `${source}/${room}/snippet.ts`;
    expect(await objections(snippet, `import '${importOf(snippet, file)}';`)).toEqual([]);
  });

  it.each(built)('keeps $room from importing the roof', async ({ room }) => {
    expect(await objections(`${source}/${room}/snippet.ts`, "import '../index.js';")).toContain(
      'import-x/no-restricted-paths',
    );
  });

  it.each(subpathFolders.filter((folder) => existsSync(`${source}/${folder}`)))(
    'keeps %s out of the root face',
    async (folder) => {
      const file = firstFile(`${source}/${folder}`) ?? '';
      expect(
        await objections(`${source}/index.ts`, `export * from '${importOf(`${source}/index.ts`, file)}';`),
      ).toContain('import-x/no-restricted-paths');
    },
  );

  it('forbids circles', async () => {
    const { folder, remove } = await temporaryFolder('circle');
    const scripts = path.join(folder, 'scripts');
    try {
      await mkdir(scripts);
      await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
      await writeFile(path.join(scripts, 'a.mjs'), "import { b } from './b.mjs';\nexport const a = () => b;\na();\n");
      await writeFile(path.join(scripts, 'b.mjs'), "import { a } from './a.mjs';\nexport const b = () => a;\nb();\n");
      const knip = ['node_modules/knip/bin/knip.js', '--config', path.join(root, 'knip.json'), '--directory', folder];
      await expect(execute(process.execPath, knip)).rejects.toThrow('Circular dependencies (1)');
    } finally {
      await remove();
    }
  });
});

describe('injection', () => {
  const injectable = (parameters: string): string => `@Injectable() export class A { constructor(${parameters}) {} }`;

  it.each([
    ['private readonly b: B', ['no-restricted-syntax']],
    ['b: B', ['no-restricted-syntax']],
    ['@Inject(B) private readonly b: B, c: C', ['no-restricted-syntax']],
    ['@Inject(B) private readonly b: B, @Inject(C) c: C', []],
    ['', []],
    [['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `@Inject(B) ${name}: B`).join(), []],
    [['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `@Inject(B) ${name}: B`).join(), ['no-restricted-syntax']],
  ])(
    'has at most six parameters of an @Injectable() class, each saying what it is given: (%s)',
    async (parameters, rules) => {
      expect(await objections(`${source}/documents/snippet.ts`, injectable(parameters))).toEqual(rules);
    },
  );

  it('is checked by types: Nest’s own @Inject is for the room injection', async () => {
    const statement = "import { Inject } from '@nestjs/common'; export { Inject };";
    for (const room of ['documents', 'telemetry', 'dispatch/bull', 'health', 'core'])
      expect(await objections(`${source}/${room}/snippet.ts`, statement)).toEqual(['no-restricted-imports']);
    expect(await objections(`${source}/injection/snippet.ts`, statement)).toEqual([]);
  });
});

describe('packages that only one folder imports', () => {
  const cases = keptPackages.flatMap(({ packages, folders }) =>
    packages.map((name) => ({ name: name.replace('*', 'api'), folders })),
  );

  it.each(cases)('keeps $name to $folders', async ({ name, folders }) => {
    const statement = `import '${name}';`;
    for (const folder of ['documents', 'dispatch', '.', ...Object.keys(rooms)].filter(
      (room) => !folders.includes(room),
    )) {
      expect({ folder, rules: await objections(`${source}/${folder}/snippet.ts`, statement) }).toEqual({
        folder,
        rules: ['no-restricted-imports'],
      });
    }
    for (const folder of folders) expect(await objections(`${source}/${folder}/snippet.ts`, statement)).toEqual([]);
  });

  it.each(plainRooms)('keeps frameworks out of $room', async ({ room, packages }) => {
    for (const name of packages) {
      expect(await objections(`${source}/${room}/snippet.ts`, `import '${name.replace('*', 'common')}';`)).toEqual([
        'no-restricted-imports',
      ]);
    }
  });
});

describe('the packages of the workspace', () => {
  it.each([
    { file: `${source}/documents/snippet.ts`, statement: "import 'nestjs-exdata-sandbox';" },
    { file: `${source}/api/snippet.ts`, statement: "import '../../../exdata-sandbox/src/index.js';" },
    { file: 'libs/exdata-sandbox/src/snippet.ts', statement: "import 'nestjs-exdata';" },
    { file: 'libs/exdata-sandbox/src/snippet.ts', statement: "import '../../exdata/src/index.js';" },
    { file: 'apps/demo/src/snippet.ts', statement: "import '../../../libs/exdata/src/index.js';" },
    { file: 'apps/demo/src/snippet.ts', statement: "import '../../../libs/exdata-sandbox/src/index.js';" },
  ])('refuses in $file: $statement', async ({ file, statement }) => {
    expect(await objections(file, statement)).toEqual(['no-restricted-imports']);
  });

  it.each(['nestjs-exdata', 'nestjs-exdata/terminus', 'nestjs-exdata-sandbox'])(
    'lets the demo import %s by name',
    async (name) => {
      expect(await objections('apps/demo/src/snippet.ts', `import '${name}';`)).toEqual([]);
    },
  );
});
