import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EXDATA_CLOCK } from 'nestjs-exdata';
import type { ExdataLink } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { Host } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { Mortal } from './interleavings/mortal.js';
import { patienceMs } from '../until.js';

const hour = 3_600_000;
const source = { type: 'invoice', id: 'OVERTAKEN' };

describe('[U3] a document that a webhook completes while a worker is at it leaves no work behind', () => {
  let clock: ShiftedClock;
  let host: Host;

  const start = (after?: Host): Promise<Host> =>
    Host.start({ extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] }, ...(after && { after }) });
  const work = async (): Promise<ExdataLink['work'] | undefined> => (await host.documents.findBySource(source))?.work;
  /** The worker's request is at exdata, its answer is not to come. */
  const waiting = async (method: string): Promise<number> => {
    const { documentId } = await host.sandbox.journal.waitForRequest(
      (entry) => entry.method === method && entry.outcome === 'delayed',
      { timeoutMs: patienceMs },
    );
    return documentId ?? 0;
  };
  const submit = async (): Promise<number> => {
    host.sandbox.faults.request(requestFaults.slow(hour), { match: ({ method }) => method === 'POST' });
    await host.uploads.submit({ source, file: Buffer.from('%PDF-1.4 overtaken') });
    return waiting('POST');
  };
  const complete = async (documentId: number): Promise<void> => {
    await host.sandbox.documents.finish(documentId);
    await host.handled(source.id);
  };

  beforeEach(async () => {
    clock = new ShiftedClock();
    host = await start();
  });
  afterEach(() => host.close());

  it('whose upload is never answered', async () => {
    await complete(await submit());
    clock.skip(700_000);
    await host.until(async () => (await work())?.leaseUntil === null);
    expect(await work()).toMatchObject({ dueAt: null, failures: 0 });
  });

  it('whose look at exdata is never answered', async () => {
    const documentId = await host.pending(source.id);
    host.sandbox.faults.request(requestFaults.slow(hour), { match: ({ method }) => method === 'GET' });
    clock.skip(11_000);
    await waiting('GET');
    await complete(documentId);
    clock.skip(60_000);
    await host.until(async () => (await work())?.leaseUntil === null);
    expect(await work()).toMatchObject({ dueAt: null, failures: 0 });
  });

  it('whose process dies over it', async () => {
    await complete(await submit());
    const mortal = new Mortal(host.database);
    mortal.dieOver(1, 'before');
    clock.skip(15_000);
    await host.until(() => mortal.dead);
    await host.end();
    host = await start(host);
    expect(await work()).toMatchObject({ dueAt: null });
  });
});
