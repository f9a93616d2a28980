import { afterEach, expect, it } from '@jest/globals';
import { EXDATA_CLOCK, exdataSecretFromProvider } from 'nestjs-exdata';
import type { ExdataAccountOptions } from 'nestjs-exdata';
import { latch } from '../dispatch/chores.js';
import { Host } from './host.js';
import { ShiftedClock } from './shifted-clock.js';
import { change, goneOn, refused, submit, taken } from './token-change.js';

const each = 20;

let host: Host | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
});

async function start(token: ExdataAccountOptions['token'], clock: ShiftedClock): Promise<Host> {
  const upload = { spool: 'database' } as const;
  const work = { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200 };
  const extras = { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
  return (host = await Host.start({ options: { token, upload, work }, extras, simulator: { processingMs: 5 } }));
}

it.each([
  ['after the look at it has been given up', 60_000],
  ['within the time of a look', 0],
])('[C2] a source that answers late, %s, is one alert at most, and ends its hold by itself', async (_, lateMs) => {
  const clock = new ShiftedClock();
  const answered = latch<string>();
  let calls = 0;
  const token = exdataSecretFromProvider(() => (++calls === 1 ? Promise.resolve(refused) : answered.opened), {
    cacheMs: 3_600_000,
  });
  const started = await start(token, clock);
  change(started);
  await Promise.all(Array.from({ length: each }, (_unused, at) => submit(started, String(at))));
  await started.until(() => calls > 1);
  for (let passed = 0; passed < lateMs; passed += 5_000) {
    clock.skip(5_000);
    await started.until(async () => (await started.uploads.holds()).length === 1);
  }
  answered.open(taken);
  const ids = Array.from({ length: each }, (_unused, at) => String(at));
  await started.until(() => goneOn(started, clock, ids));
  expect(await started.uploads.holds()).toEqual([]);
  const alerts = started.pager.alerts.filter(({ kind }) => kind === 'authentication_failed');
  expect(alerts).toHaveLength(lateMs === 0 ? 0 : 1);
});
