import { afterEach, expect, it } from '@jest/globals';
import { EXDATA_CLOCK } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { TestClock } from '../dispatch/test-clock.js';
import { Host } from '../life/host.js';
import { isRead, Scene, source } from './scene.js';

const strangers = Array.from({ length: 12 }, (_, at) => 900_000_001 + at);

let host: Host;
afterEach(() => host.close());

it('[W4] a document of ours that exdata tells of before its upload’s answer goes before a flood about others’', async () => {
  const clock = new TestClock();
  clock.time = Date.now();
  host = await Host.start({
    extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
    options: { work: { sweepEveryMs: 3_600_000, retryFirstMs: 20, retryMaxMs: 200 }, polling: { firstMs: 3_600_000 } },
  });
  const scene = new Scene(host);
  // The one sweep of this test finds nothing yet.
  clock.advance(1);
  // From the thirty-third of a second on it is looked whose documents they are about.
  for (let at = 0; at < 40; at++) await scene.post(JSON.stringify({ event: 'account.changed', data: [], at }));
  await host.inboxWorkedOff();
  const isStranger = ({ method, path }: { readonly method: string; readonly path: string }): boolean =>
    isRead({ method, path }) && strangers.some((id) => path.endsWith(`/${String(id)}`));
  host.sandbox.faults.request(requestFaults.hang(), { match: isStranger, times: 1_000 });
  for (const id of strangers) await scene.post(scene.bodyOf(id));
  const stuck = (): number => host.sandbox.journal.requests(isStranger).length;
  await host.until(() => stuck() > 0);

  const late = { ...requestFaults.hang(), ...requestFaults.otherData({ status: 'pending' }) };
  host.sandbox.faults.request(late, { match: ({ method }) => method === 'POST' });
  await host.uploads.submit({ source: source('OVERTAKEN'), file: Buffer.from('%PDF-1.4 OVERTAKEN') });
  await host.until(() => host.sandbox.documents.list().length === 1);
  const exdataId = host.sandbox.documents.list()[0]?.id ?? 0;
  await host.sandbox.documents.finish(exdataId);
  await host.until(async () => (await scene.inbox()).length === 40 + strangers.length + 1);
  host.sandbox.faults.release();
  await host.until(async () => (await host.documents.findBySource(source('OVERTAKEN')))?.state === 'pending');
  expect(host.bookkeeping.calls).toEqual([]);
  clock.advance(250);
  await host.handled('OVERTAKEN');
  // The others are where they were.
  expect(stuck()).toBeLessThan(strangers.length);
});

it('[W5] where all workers are busy with documents of others, few deliveries are enough to let ours go first', async () => {
  host = await Host.start({
    options: {
      work: { concurrency: 4, sweepEveryMs: 3_600_000, retryFirstMs: 20, retryMaxMs: 200 },
      polling: { firstMs: 3_600_000 },
    },
  });
  const scene = new Scene(host);
  const exdataId = await host.pending('OVERTAKING');
  const isStranger = ({ method, path }: { readonly method: string; readonly path: string }): boolean =>
    isRead({ method, path }) && strangers.some((id) => path.endsWith(`/${String(id)}`));
  host.sandbox.faults.request(requestFaults.hang(), { match: isStranger, times: 1_000 });
  for (const id of strangers) await scene.post(scene.bodyOf(id));
  const begun = (): number => host.sandbox.journal.requests(isStranger).length;
  await host.until(() => begun() >= 4);
  await host.sandbox.documents.finish(exdataId);
  await host.until(async () => (await scene.inbox()).length === strangers.length + 1);
  // Each worker is free once; what it takes up next hangs again, if it is not ours.
  host.sandbox.faults.release();
  await host.handled('OVERTAKING');
  expect(begun()).toBeLessThan(strangers.length);
});
