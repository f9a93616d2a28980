import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { execute, root } from '../packages.js';
import type { CodeBlock } from './code-blocks.js';
import { codeBlocks } from './code-blocks.js';
import { compile } from './compile.js';

/**
 * What is done with a block of each language. A block of another language fails: it would be a promise that nobody
 * keeps.
 */
const checks: Readonly<Record<string, (block: CodeBlock) => void | Promise<void>>> = {
  // All TypeScript is compiled at once, below.
  ts: () => undefined,
  json: ({ code }) => {
    JSON.parse(code);
  },
  env: ({ code }) => {
    expect(code.split('\n').filter((line) => !/^([A-Z][A-Z0-9_]*=\S.*|#.*|)$/.test(line))).toEqual([]);
  },
  sh: shell,
  // Nothing to check: what a program prints, a message on the wire, a picture.
  text: () => undefined,
  http: () => undefined,
  mermaid: () => undefined,
};

/**
 * ```sh run``` is carried out at the top of the repository. Any other is read by bash, and the npm scripts and files
 * that it names must be there.
 */
async function shell({ code, attributes }: CodeBlock): Promise<void> {
  const carriedOut = attributes.split(' ').includes('run');
  await execute('bash', carriedOut ? ['-euo', 'pipefail', '-c', code] : ['-n', '-c', code]);
  const { scripts } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...code.matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !npmCommands.has(name));
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
}

const npmCommands = new Set(['ci', 'i', 'install', 'pack', 'view', 'exec', 'uninstall']);

const documents = [
  ...markdownIn('.'),
  ...['libs', 'apps'].flatMap((folder) =>
    readdirSync(path.join(root, folder)).flatMap((name) => markdownIn(path.join(folder, name))),
  ),
  ...markdownIn('bench'),
  ...markdownIn('docs', true),
];

function markdownIn(folder: string, recursive = false): string[] {
  return readdirSync(path.join(root, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name));
}

const blocks = documents.flatMap((document) => codeBlocks(document, readFileSync(path.join(root, document), 'utf8')));

describe('code in the documents', () => {
  it.each(blocks)('$document:$line is $language', async (block) => {
    const check = checks[block.language];
    if (check === undefined)
      throw new Error(
        `nobody checks blocks of the language '${block.language}': name one of ${Object.keys(checks).join(', ')}`,
      );
    await check(block);
  });

  it('compiles', () => {
    expect(compile(blocks.filter(({ language }) => language === 'ts'))).toEqual([]);
  });
});

describe('the check itself', () => {
  const block = (code: string, attributes = '', line = 7): CodeBlock => ({
    document: 'a.md',
    line,
    language: 'ts',
    attributes,
    code,
  });

  it('finds blocks with their place and their marks', () => {
    const markdown = 'text\n\n```ts title="a.ts"\nconst a = 1;\n```\n\n- item\n  ~~~~sh run\n  echo "```"\n  ~~~~\n';
    expect(codeBlocks('a.md', markdown)).toEqual([
      { document: 'a.md', line: 4, language: 'ts', attributes: 'title="a.ts"', code: 'const a = 1;\n' },
      { document: 'a.md', line: 9, language: 'sh', attributes: 'run', code: 'echo "```"\n' },
    ]);
    expect(() => codeBlocks('a.md', 'x\n```ts\n')).toThrow('a.md:2');
  });

  it('tells the line of a fault, and lets blocks of one document import each other', () => {
    const good = block('export const answer: number = 42;\n', 'title="answer.ts"');
    expect(compile([good, block("import { answer } from './answer.js';\nconst text: string = answer;\n")])).toEqual([
      "a.md:8: Type 'number' is not assignable to type 'string'.",
    ]);
  });

  it('refuses a shell block that names no script of ours', async () => {
    await expect(shell(block('npm run nonsense\n'))).rejects.toThrow();
    await expect(shell(block('if then\n'))).rejects.toThrow('syntax error');
    await expect(shell(block('exit 3\n', 'run'))).rejects.toThrow();
  });
});
