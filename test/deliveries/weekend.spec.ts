import { afterEach, describe, expect, it } from '@jest/globals';
import { EXDATA_CLOCK, ExdataDelivery, ExdataHandlerRun } from 'nestjs-exdata';
import { EXDATA_RANDOM } from '../../libs/exdata/src/dispatch/index.js';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { DataSourceOptions } from 'typeorm';
import { Host } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { describeWithPostgres } from '../services.js';
import { isRead, Scene } from './scene.js';

const hour = 3_600_000;
const never = 2_000_000_000;

describe('on SQLite', () => {
  weekends(() => undefined);
});
describeWithPostgres('on PostgreSQL', ({ url }) => {
  weekends(() => ({ type: 'postgres', url }));
});

/** The schedule as it is by default, with the shortest waits that its jitter can give. */
function weekends(database: () => DataSourceOptions | undefined): void {
  let host: Host;
  let scene: Scene;
  let clock: ShiftedClock;
  const start = async (): Promise<number> => {
    const chosen = database();
    clock = new ShiftedClock();
    const providers = [
      { provide: EXDATA_CLOCK, useValue: clock },
      { provide: EXDATA_RANDOM, useValue: () => 0 },
    ];
    const options = { polling: { firstMs: never, maxMs: never }, work: { sweepEveryMs: 50 } };
    host = await Host.start({ ...(chosen && { database: chosen }), extras: { providers }, options });
    scene = new Scene(host);
    await scene.empty();
    const exdataId = await host.pending('WEEKEND');
    host.sandbox.faults.delivery({ drop: true });
    await host.sandbox.documents.finish(exdataId);
    return exdataId;
  };
  afterEach(() => host.close());

  type Kind = typeof ExdataDelivery | typeof ExdataHandlerRun;
  const only = async (kind: Kind): Promise<ExdataDelivery | ExdataHandlerRun | null> => {
    const [row] = await host.database.manager.find<ExdataDelivery | ExdataHandlerRun>(kind, {});
    return row ?? null;
  };
  /**
   * Lets time pass from attempt to attempt, until `since` is so long ago or no attempt is left. Gives the time passed.
   */
  const passing = async (kind: Kind, most: number): Promise<number> => {
    const began = clock.now();
    for (;;) {
      await host.until(async () => {
        const row = await only(kind);
        return (
          row !== null &&
          row.work.leaseUntil === null &&
          row.work.starts > 0 &&
          (row.work.dueAt === null || row.work.dueAt > clock.now())
        );
      });
      const dueAt = (await only(kind))?.work.dueAt ?? null;
      if (dueAt === null || clock.now() - began >= most) return clock.now() - began;
      clock.skip(dueAt - clock.now());
    }
  };

  it('[W4] exdata is away for 72 hours: the delivery is still there, and is applied when exdata is back', async () => {
    const exdataId = await start();
    host.sandbox.faults.request(requestFaults.badGateway(), { match: isRead, times: 10_000 });
    await scene.post(scene.bodyOf(exdataId));
    expect(await passing(ExdataDelivery, 72 * hour)).toBeGreaterThanOrEqual(72 * hour);
    expect(await only(ExdataDelivery)).toMatchObject({ outcome: 'open' });
    host.sandbox.faults.clear();
    await passing(ExdataDelivery, 2 * hour);
    await host.handled('WEEKEND');
    expect(await scene.outcomes()).toEqual({ applied: 1 });
    expect(await host.bills('WEEKEND')).toHaveLength(1);
  });

  it('[W4] a handler fails for more than 75 hours: only then is it dead, and its document is what exdata says all the same', async () => {
    const exdataId = await start();
    host.bookkeeping.afterWrite = () => Promise.reject(new Error('closed on weekends'));
    await scene.post(scene.bodyOf(exdataId));
    expect(await passing(ExdataHandlerRun, 200 * hour)).toBeGreaterThanOrEqual(75 * hour - 5_000);
    expect(await only(ExdataHandlerRun)).toMatchObject({ outcome: 'dead', reason: 'handler' });
    expect(await host.documents.findBySource({ type: 'invoice', id: 'WEEKEND' })).toMatchObject({ state: 'completed' });
    expect(await host.bills('WEEKEND')).toEqual([]);
  });
}
