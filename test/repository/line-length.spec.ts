import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { root } from '../packages.js';

const longest = 120;
const files = execFileSync('git', ['ls-files', '*.ts', '*.mjs', '*.md'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n');

it('comments and prose have at most 120 characters a line', () => {
  const tooLong = files.flatMap((file) => {
    const lines = readFileSync(path.join(root, file), 'utf8').split('\n');
    const proseOf = file.endsWith('.md') ? outsideTablesAndCode : comments;
    return proseOf(lines)
      .filter(({ text }) => text.length > longest)
      .map(({ at }) => `${file}:${String(at)}`);
  });
  expect(files.length).toBeGreaterThan(100);
  expect(tooLong).toEqual([]);
});

interface Line {
  readonly text: string;
  readonly at: number;
}

const numbered = (lines: readonly string[]): Line[] => lines.map((text, index) => ({ text, at: index + 1 }));

/** Lines that hold nothing but a comment, or a part of one. */
const comments = (lines: readonly string[]): Line[] =>
  numbered(lines).filter(({ text }) => /^\s*(\/\/|\/\*\*|\*)/.test(text));

function outsideTablesAndCode(lines: readonly string[]): Line[] {
  let isCode = false;
  return numbered(lines).filter(({ text }) => {
    if (text.trimStart().startsWith('```')) isCode = !isCode;
    return !isCode && !text.startsWith('|');
  });
}
