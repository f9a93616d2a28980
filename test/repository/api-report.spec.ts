import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execute, root, temporaryFolder } from '../packages.js';

const check = (...more: string[]): Promise<string> =>
  execute(process.execPath, ['scripts/api-report.mjs', '--check', ...more]);

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder('api-report'));
});
afterAll(() => remove());

it('the reports of what hosts are shown are those of the sources (`npm run api-report` writes them anew)', async () => {
  expect(await check()).not.toContain('stale');
});

it('a report that is altered, lacking or left over is named', async () => {
  await cp(path.join(root, 'libs/exdata/api-report'), folder, { recursive: true });
  const review = path.join(folder, 'review.api.md');
  await writeFile(review, (await readFile(review, 'utf8')).replace('reviewExdataInvoice', 'reviewInvoice'));
  await rm(path.join(folder, 'bull.api.md'));
  await writeFile(path.join(folder, 'gone.api.md'), '');
  const complaint = await check('--folder', folder).catch(String);
  const named = ['review', 'bull', 'gone', 'root', 'api'].filter((entry) => complaint.includes(`/${entry}.api.md`));
  expect(named).toEqual(['review', 'bull', 'gone']);
});
