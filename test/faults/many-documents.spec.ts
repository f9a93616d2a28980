import { beforeEach, afterEach, expect, it } from '@jest/globals';
import { ExdataDeliveryService } from 'nestjs-exdata';
import { ExdataAlertRow } from '../../libs/exdata/src/documents/index.js';
import type { ExdataAlert } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { ShiftedClock } from '../life/shifted-clock.js';
import { StormHost } from './storm-host.js';

const hour = 3_600_000;
const idsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `doc-${index}`);

let storm: StormHost;
beforeEach(async () => {
  const clock = new ShiftedClock();
  // An hour of the clock that has just begun.
  clock.skip(hour - (clock.now() % hour));
  storm = await StormHost.start({ options: { work: { retryTotalMs: 40 } } }, clock);
});
afterEach(() => storm.host.close());

const alerts = (): readonly ExdataAlert[] => storm.host.pager.alerts;
const outcomes = async (): Promise<Record<string, number>> => {
  const rows = await storm.host.database.manager.find(ExdataAlertRow);
  return Object.fromEntries(
    ['open', 'grouped', 'raised', 'ended'].map((one) => [one, rows.filter(({ outcome }) => outcome === one).length]),
  );
};
const refuse = async (ids: readonly string[]): Promise<void> => {
  const { host } = storm;
  host.sandbox.faults.request(requestFaults.problem(422, 'validation_failed', 'No.'), { times: ids.length });
  for (const id of ids) await storm.submit(id);
};

it('many documents that exdata refuses are ten alerts and lines, then one with their number and where each is listed', async () => {
  const { host, clock } = storm;
  const ids = idsOf(25);
  await refuse(ids);
  await host.until(
    async () => (await host.documents.list({ state: 'rejected', limit: 50 })).data.length === ids.length,
  );
  await host.until(() => alerts().length === 10);
  expect(await outcomes()).toEqual({ open: 1, grouped: 15, raised: 10, ended: 0 });
  expect(storm.linesOf('upload.rejected')).toHaveLength(10);

  clock.skip(60_000);
  await host.until(() => alerts().length > 10);
  expect(alerts().map(({ kind, count }) => [kind, count])).toEqual([
    ...Array.from({ length: 10 }, () => ['document_failed', 1]),
    ['document_failed', 15],
  ]);
  expect(alerts()[10]).toMatchObject({ account: 'default', code: 'storm', sourceId: null, documentId: null });
  expect(alerts()[10]?.message).toMatch(/^15 more documents need a person; ExdataDocumentService\.list/);

  await refuse(['later']);
  await host.until(() => storm.linesOf('upload.rejected').length > 10);
  expect(storm.linesOf('upload.rejected')[10]).toMatch(/sourceId=later .*count=16$/);
  clock.skip(hour);
  await host.until(() => alerts().length > 11);
  expect(alerts()[11]).toMatchObject({ code: 'storm', count: 1 });
  await host.until(async () => (await outcomes()).grouped === 0);
  clock.skip(hour);
  await host.until(async () => (await outcomes()).ended === 1);
  expect(alerts()).toHaveLength(12);
  await refuse(['alone']);
  await host.until(() => alerts().some(({ sourceId }) => sourceId === 'alone'));
});

it('many runs of a handler that are given up are ten alerts and lines, then one, and all can be redriven', async () => {
  const { host, clock } = storm;
  const ids = idsOf(14);
  host.bookkeeping.afterWrite = () => {
    throw new RangeError('no such cost centre');
  };
  for (const id of ids) await host.sandbox.documents.finish(await host.pending(id));
  const deliveries = host.app.get(ExdataDeliveryService);
  await host.until(async () => (await deliveries.redrive({ dryRun: true })).handlerRuns.length === ids.length);
  await host.until(() => alerts().length === 10);
  expect(storm.linesOf('handler.dead')).toHaveLength(10);
  clock.skip(60_000);
  await host.until(() => alerts().length > 10);
  expect(alerts()[10]).toMatchObject({ kind: 'dead_letter', code: 'storm', count: 4 });
  expect(alerts()[10]?.message).toContain('ExdataDeliveryService.redrive({ dryRun: true }) names each');

  host.bookkeeping.afterWrite = () => undefined;
  await deliveries.redrive();
  for (const id of ids) await host.handled(id);
});

it('alerts of many are told again where the port had failed, none lost', async () => {
  const { host, clock } = storm;
  await refuse(idsOf(12));
  await host.until(async () => (await outcomes()).grouped === 2 && alerts().length === 10);
  const raise = host.pager.raise.bind(host.pager);
  let failures = 0;
  host.pager.raise = (alert) => (++failures < 2 ? Promise.reject(new Error('away')) : raise(alert));
  clock.skip(60_000);
  await host.until(() => alerts().length > 10);
  expect(alerts()[10]).toMatchObject({ code: 'storm', count: 2 });
});
