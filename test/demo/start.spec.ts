import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sampleInvoice, totalsOf } from '../../apps/demo/src/sample/sample-invoice.js';
import { somePdf } from './client.js';
import { DemoProcess, startPatienceMs } from './demo-process.js';

describe('npm start, with nothing configured', () => {
  let folder: string;
  let running: DemoProcess | undefined;
  const start = async (environment: Record<string, string> = {}) => {
    const started = await DemoProcess.start({ DATABASE_URL: `sqlite:${folder}/new/demo.sqlite`, ...environment });
    running = started.demo;
    return started;
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'demo-start-'));
  });
  afterEach(async () => {
    await running?.kill();
    await rm(folder, { recursive: true });
  });

  it(
    'shows the whole way of a generated invoice, says once that it is ready, and ends with 0',
    async () => {
      const { demo, client } = await start();
      await demo.printed(/Draft bill/);
      const { state, exdata, bill } = await client.invoice('sample');
      const sample = sampleInvoice(new Date());
      const { net, gross, taxes } = totalsOf(sample);
      expect({ state, isEInvoice: exdata?.isEInvoice }).toEqual({ state: 'completed', isEInvoice: true });
      expect(bill).toMatchObject({
        documentType: 'invoice',
        documentNumber: sample.number,
        vendorName: sample.seller.name,
        customerName: sample.buyer.name,
        iban: sample.seller.iban,
        netAmount: net,
        grossAmount: gross,
        taxBreakdowns: taxes.map(({ rate, basis, amount }) => ({
          taxableAmount: basis,
          taxAmount: amount,
          taxRate: rate,
        })),
      });
      expect(await demo.stop()).toEqual({ code: 0, signal: null });
      const [ready, ...others] = demo.output
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('> ') && !line.startsWith('{'));
      expect({ ready, others }).toEqual({ ready: `demo ready ${client.url}`, others: [] });
    },
    startPatienceMs,
  );

  it(
    'starts again on the database it left, sends no second sample and takes new invoices',
    async () => {
      const first = await start();
      await first.demo.printed(/Draft bill/);
      await first.demo.stop();
      const { client } = await start();
      await client.upload({ file: somePdf(), sourceId: 'second' });
      expect(await client.settled('second')).toMatchObject({ state: 'completed', review: null });
      expect((await client.bills()).map(({ sourceId }) => sourceId)).toEqual(['second', 'sample']);
    },
    startPatienceMs,
  );

  it(
    'does not start on a bad setting, and names it without its value',
    async () => {
      running = DemoProcess.launch({ DATABASE_URL: 'oracle://root:hush@127.0.0.1/test', EXDATA_MODE: 'neither' });
      expect((await running.ended).code).not.toBe(0);
      expect(running.errors).toMatch(/DATABASE_URL: must begin with sqlite:, postgres:\/\/ or mysql:\/\//);
      expect(running.errors).toMatch(/EXDATA_MODE: must be test or live/);
      expect(running.output + running.errors).not.toMatch(/hush|neither/);
    },
    startPatienceMs,
  );

  it(
    '[C1 C4] does not start in live mode on an http address, a missing secret or the token of test mode; names each by its variable',
    async () => {
      running = DemoProcess.launch({
        DATABASE_URL: `sqlite:${folder}/demo.sqlite`,
        EXDATA_MODE: 'live',
        EXDATA_LIVE_BASE_URL: 'http://127.0.0.1:9',
        EXDATA_LIVE_TOKEN: 'tok_hush',
        EXDATA_TEST_TOKEN: 'tok_hush',
      });
      expect((await running.ended).code).not.toBe(0);
      expect(running.errors).toMatch(/EXDATA_LIVE_BASE_URL: must begin with https:/);
      expect(running.errors).toMatch(/EXDATA_LIVE_WEBHOOK_SECRETS: is needed \(or EXDATA_LIVE_WEBHOOK_SECRETS_FILE\)/);
      expect(running.errors).toMatch(/EXDATA_LIVE_TOKEN: holds the same token as EXDATA_TEST_TOKEN/);
      expect(running.output + running.errors).not.toMatch(/hush/);
    },
    startPatienceMs,
  );
});
