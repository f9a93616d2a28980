import { afterEach, expect, it } from '@jest/globals';
import { EXDATA_CLOCK } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { Host } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';

let host: Host;
afterEach(() => host.close());

it('[U3] an upload that is completed by a webhook, and whose own answer never comes, leaves no work behind', async () => {
  const clock = new ShiftedClock();
  host = await Host.start({ extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] } });
  const source = { type: 'invoice', id: 'OVERTAKEN' };
  host.sandbox.faults.request(requestFaults.slow(3_600_000), { match: ({ method }) => method === 'POST' });
  await host.uploads.submit({ source, file: Buffer.from('%PDF-1.4 overtaken') });
  const { documentId } = await host.sandbox.journal.waitForRequest(({ outcome }) => outcome === 'delayed');
  await host.sandbox.documents.finish(documentId ?? 0);
  await host.handled('OVERTAKEN');
  clock.skip(700_000);
  const work = async () => (await host.documents.findBySource(source))?.work;
  await host.until(async () => (await work())?.leaseUntil === null);
  expect(await work()).toMatchObject({ dueAt: null, failures: 0 });
});
