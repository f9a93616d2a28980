import { expect, it } from '@jest/globals';
import { execute } from '../packages.js';

it('names the builds for every platform, so that `npm ci` accepts it (else: npm run complete-lockfile)', async () => {
  expect(await execute(process.execPath, ['scripts/complete-lockfile.mjs', '--check'])).toBe('');
});
