import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { patienceMs, Stage } from './stage.js';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.set();
}, patienceMs);
afterEach(() => stage.clear());

it(
  '[U1 U3] a document that kills each process that opens its bytes is put aside after three, with one alert, and holds up no other',
  async () => {
    const first = await stage.start({ stops: ['poison'] });
    // The answer dies with the process.
    await first.submit('poison').catch(() => undefined);
    expect(await first.died()).toBe('SIGKILL');
    for (const next of [2, 3]) expect([next, await stage.launch({ stops: ['poison'] }).died()]).toEqual([next, 'SIGKILL']);
    const survivor = await stage.start({ stops: ['poison'] });
    const [row] = await survivor.rowsAre(([found]) => found?.state === 'failed');
    expect(row).toMatchObject({
      problem: { code: 'poison', retryAt: null },
      work: { dueAt: null, leaseUntil: null, starts: 4, finishes: 1 },
    });
    await survivor.submit('harmless');
    await survivor.rowsAre((rows) => rows.some(({ sourceId, state }) => sourceId === 'harmless' && state === 'pending'));
    while ((await survivor.pages()).length === 0);
    expect(await survivor.pages()).toEqual([{ kind: 'poison', source: 'poison' }]);
    expect(stage.sandbox.documents.list()).toHaveLength(1);
  },
  patienceMs,
);
