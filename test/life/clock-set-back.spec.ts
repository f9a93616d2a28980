import { afterEach, expect, it } from '@jest/globals';
import { EXDATA_CLOCK } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { Host } from './host.js';
import type { HostOptions } from './host.js';
import { ShiftedClock } from './shifted-clock.js';

const minute = 60_000;
const twoHours = 120 * minute;
const source = { type: 'invoice', id: 'INV-1' };

let host: Host;
let clock: ShiftedClock;
afterEach(() => host.close());

const start = async (aheadMs: number, options: HostOptions = {}): Promise<void> => {
  clock = new ShiftedClock();
  clock.skip(aheadMs);
  const work = { sweepEveryMs: 50, retryFirstMs: 10 * minute, retryMaxMs: 10 * minute };
  host = await Host.start({
    extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
    options: { work },
    ...options,
  });
};
const stateOf = async (): Promise<string | undefined> => (await host.documents.findBySource(source))?.state;
/** Submits a document whose first attempt fails and whose second is due in some minutes, and ends the process. */
const endWithARetryAhead = async (): Promise<void> => {
  host.sandbox.faults.request(requestFaults.unavailable(), { times: 1 });
  await host.uploads.submit({ source, file: Buffer.from('%PDF-1.4 late'), filename: 'late.pdf' });
  await host.until(async () => ((await host.documents.findBySource(source))?.work.dueAt ?? 0) > clock.now() + minute);
  await host.end();
};

it('a process that starts after the clock was set back makes at once what would wait for two hours', async () => {
  await start(twoHours);
  await endWithARetryAhead();
  await start(0, { after: host });
  await host.until(async () => (await stateOf()) === 'pending');
  expect(host.lines.filter((line) => line.startsWith('start.clock_set_back'))).toEqual([
    expect.stringMatching(/behindMs=7[12]\d{5}$/),
  ]);
  expect(clock.now()).toBeLessThan(Date.now() + minute);
});

it('one that starts with a clock some seconds behind has all waits stand', async () => {
  await start(30_000);
  await endWithARetryAhead();
  await start(0, { after: host });
  await host.pending('INV-2');
  expect(await stateOf()).toBe('unconfirmed');
  expect(host.lines.join('\n')).not.toContain('clock_set_back');
});

it('is noticed once: the time that the clock now has is kept from the first minute on', async () => {
  await start(twoHours);
  await host.end();
  await start(0, { after: host });
  expect(host.lines.join('\n')).toContain('clock_set_back');
  clock.skip(minute);
  const kept = async (): Promise<number> => {
    const [row]: { at: number }[] = await host.database.query('select at from exdata_last_time');
    return row?.at ?? Infinity;
  };
  await host.until(async () => (await kept()) < Date.now() + 2 * minute);
  await host.end();
  await start(minute, { after: host });
  expect(host.lines.join('\n')).not.toContain('clock_set_back');
});
