import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Receiver } from './receiver.js';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const provider = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
});
let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start('Express');
  // An SDK that starts after the application counts all the same.
  metrics.setGlobalMeterProvider(provider);
});
afterAll(async () => {
  await receiver.close();
  metrics.disable();
  await provider.shutdown();
});

it('[O2] refusals are counted by reason, and none of a sender’s words gets into the count', async () => {
  const refused = { 'X-Signature': '0'.repeat(64) };
  for (let count = 0; count < 3; count++) await receiver.deliver('{}', refused);
  await receiver.deliver('{}', { 'X-Timestamp': '0' });
  await receiver.deliverTo('/somebody-elses', '{}');
  await receiver.deliver();
  await provider.forceFlush();
  const counted = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    .filter(({ descriptor }) => descriptor.name === 'exdata.webhook.refusals')
    .flatMap(({ dataPoints }) => dataPoints.map(({ attributes, value }) => [attributes, value]));
  expect(counted).toEqual(
    expect.arrayContaining([
      [{ reason: 'signature', 'exdata.account': 'default' }, 3],
      [{ reason: 'stale', 'exdata.account': 'default' }, 1],
      [{ reason: 'unknown_account' }, 1],
    ]),
  );
  expect(counted).toHaveLength(3);
});
