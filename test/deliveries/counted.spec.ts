import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Host } from '../life/host.js';
import { Scene } from './scene.js';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const provider = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
});
let host: Host;
let scene: Scene;
beforeAll(async () => {
  metrics.setGlobalMeterProvider(provider);
  host = await Host.start();
  scene = new Scene(host);
});
afterAll(async () => {
  await host.close();
  metrics.disable();
  await provider.shutdown();
});

const counted = (name: string): unknown[] =>
  exporter
    .getMetrics()
    .slice(-1)
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap(({ dataPoints }) => dataPoints.map(({ attributes, value }) => [attributes, value]));

it('[O2] deliveries are counted by event and result, and handlers by theirs; names that a sender makes up count as other', async () => {
  await host.sandbox.documents.finish(await host.pending('COUNTED'));
  await host.handled('COUNTED');
  for (const event of ['made up', 'another one'])
    await scene.post(JSON.stringify({ event, at: event }), { 'x-event': event });
  await scene.post('not JSON');
  await host.inboxWorkedOff();
  await provider.forceFlush();
  const account = { 'exdata.account': 'default' };
  expect(counted('exdata.webhook.deliveries')).toEqual(
    expect.arrayContaining([
      [{ ...account, type: 'document.completed', outcome: 'applied' }, 1],
      [{ ...account, type: 'other', outcome: 'ignored' }, 2],
      [{ ...account, type: 'document.completed', outcome: 'dead', reason: 'parse' }, 1],
    ]),
  );
  expect(counted('exdata.webhook.deliveries')).toHaveLength(3);
  expect(counted('exdata.handler.runs')).toEqual([[{ handler: 'bookkeeping', outcome: 'done' }, 1]]);
});
