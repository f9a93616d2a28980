import path from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { buildIfStale } from '../../scripts/build.mjs';
import { execute, root } from '../packages.js';

beforeAll(() => buildIfStale());

it('a file that its parser would be busy with for long ends as error, and holds up no other', async () => {
  const told = await execute(process.execPath, [path.join(root, 'test/simulator/reading-host.mjs')]);
  const tooLong = {
    status: 'error',
    error: { code: 'unreadable_file', message: 'The file takes too long to be read.' },
  };
  // Only a parser in another thread can be cut off at all.
  expect(JSON.parse(told)).toEqual({
    'parentheses.pdf': tooLong,
    'lists.pdf': tooLong,
    'streams.pdf': tooLong,
    'elements.xml': tooLong,
    'invoice.xml': { status: 'completed', error: null },
    meanwhile: { status: 'completed', error: null, dearOnes: ['pending', 'pending'] },
  });
});
