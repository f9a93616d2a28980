import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { until } from '../until.js';
import { leaseMs, patienceMs, Stage } from './stage.js';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.set();
}, patienceMs);
afterEach(() => stage.clear());

/** Submits a document that kills the process, and the two after it. */
async function killThree(name: string): Promise<void> {
  const first = await stage.start({ stops: [name] });
  // The answer dies with the process.
  await first.submit(name).catch(() => undefined);
  expect(await first.died()).toBe('SIGKILL');
  for (const next of [2, 3])
    expect([next, await stage.launch({ stops: [name], aheadMs: (next - 1) * leaseMs }).died()]).toEqual([
      next,
      'SIGKILL',
    ]);
}

it(
  '[U1 U3] a document that kills each process that opens its bytes is put aside after three, with one alert, and holds up no other',
  async () => {
    await killThree('poison');
    const survivor = await stage.start({ stops: ['poison'], aheadMs: 3 * leaseMs });
    const [row] = await survivor.rowsAre(([found]) => found?.state === 'failed');
    expect(row).toMatchObject({
      problem: { code: 'poison', retryAt: null },
      work: { dueAt: null, leaseUntil: null, starts: 4, finishes: 1 },
    });
    await survivor.submit('harmless');
    await survivor.rowsAre((rows) =>
      rows.some(({ sourceId, state }) => sourceId === 'harmless' && state === 'pending'),
    );
    await until(async () => (await survivor.pages()).length > 0);
    expect(await survivor.pages()).toEqual([{ kind: 'poison', source: 'poison' }]);
    expect(stage.sandbox.documents.list()).toHaveLength(1);
  },
  patienceMs,
);

it(
  '[U1 U3] a document that kills each process once exdata has it is put aside as well, and linked: no webhook is needed',
  async () => {
    await killThree('poison-after-the-answer');
    const survivor = await stage.start({ aheadMs: 3 * leaseMs });
    const [row] = await survivor.rowsAre(([found]) => found?.state === 'pending');
    expect(row).toMatchObject({
      exdataId: String(stage.sandbox.documents.list()[0]?.id),
      problem: null,
      work: { starts: 4, finishes: 1 },
    });
    expect(row?.work.dueAt).not.toBeNull();
    expect(stage.sandbox.documents.list()).toHaveLength(1);
    expect(stage.uploads()).toHaveLength(3);
    await until(async () => (await survivor.pages()).length > 0);
    expect(await survivor.pages()).toEqual([{ kind: 'poison', source: 'poison-after-the-answer' }]);
  },
  patienceMs,
);
