import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Delivery, HostProcess } from './host-process.js';
import { describeOnEachSetup } from './setups.js';
import type { SettingsOf } from './setups.js';
import { patienceMs, Stage } from './stage.js';

/** Where the process stands when it is killed, and whether its delivery was acknowledged by then. */
const steps = [
  ['before-the-insert', false],
  ['in-the-insert', false],
  ['after-the-insert', false],
  ['after-the-claim', true],
  ['before-its-write', true],
  ['after-its-write', true],
  ['before-the-handler-commits', true],
  ['after-the-handler-commits', true],
] as const;

describeOnEachSetup('SIGKILL', survives);

/** A process after the other stops with a delivery at a step, and is killed; the last one takes up what they left. */
function survives(settingsOf: SettingsOf): void {
  let stage: Stage;
  let host: HostProcess;
  let deliveries: Delivery[];
  const acknowledged = new Set<string>();
  const idOf = new Map<string, number>();

  beforeAll(async () => {
    stage = await Stage.set();
    // Far off, so that it is the deliveries that bring the news.
    const start = (...stops: string[]): Promise<HostProcess> =>
      stage.start({ ...settingsOf(stage), stops, leaseMs: 1_000, pollMs: 3_600_000 });
    const first = await start();
    for (const [step] of steps) await first.submit(step);
    const rows = await first.rowsAre((all) => all.every(({ state }) => state === 'pending'));
    for (const { sourceId, exdataId } of rows) idOf.set(sourceId, Number(exdataId));
    for (const { id } of stage.sandbox.documents.list()) await stage.sandbox.documents.finish(id);
    await first.kill();

    for (const [step] of steps) {
      const killed = await start(step);
      const answer = killed.deliver(step, Number(idOf.get(step))).then(
        (status) => status === 204 && acknowledged.add(step),
        () => undefined,
      );
      await killed.stopped(step);
      await killed.kill();
      await answer;
    }

    host = await start();
    // As exdata does with what was not answered.
    for (const [step] of steps)
      if (!acknowledged.has(step)) expect(await host.deliver(step, Number(idOf.get(step)))).toBe(204);
    await host.rowsAre((all) => all.every(({ state }) => state === 'completed'));
    while ((await host.bills()).length < steps.length);
    do deliveries = await host.deliveries();
    while (deliveries.some(({ outcome }) => outcome === 'open'));
  }, patienceMs);
  afterAll(() => stage.clear());

  it.each(steps)('[W3 W4] %s: acknowledged %s, one row, one effect', async (step, isAcknowledged) => {
    expect(acknowledged.has(step)).toBe(isAcknowledged);
    expect(deliveries.filter(({ deliveryId }) => deliveryId === step)).toEqual([
      { deliveryId: step, outcome: 'applied' },
    ]);
    expect((await host.bills()).filter(({ invoice }) => invoice === step)).toEqual([
      { invoice: step, status: 'completed' },
    ]);
  });
}
