import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ExdataDelivery, ExdataDeliveryService, exdataEntities } from 'nestjs-exdata';
import { DataSource } from 'typeorm';
import { Host } from '../life/host.js';
import { Scene } from './scene.js';

let host: Host;
beforeEach(async () => {
  host = await Host.start({ options: { work: { sweepEveryMs: 3_600_000 } } });
});
afterEach(() => host.close());

/** The inbox as the next process finds it. */
async function left(): Promise<ExdataDelivery[]> {
  const source = await new DataSource({
    type: 'better-sqlite3',
    database: path.join(host.folder, 'host.sqlite'),
    entities: [...exdataEntities],
  }).initialize();
  try {
    return await source.manager.find(ExdataDelivery);
  } finally {
    await source.destroy();
  }
}

/** Hands deliveries over as a controller of the host's own does. */
function receive(deliveryIds: readonly string[]): Promise<unknown> {
  const deliveries = host.app.get(ExdataDeliveryService);
  const body = (id: string): Buffer => Buffer.from(new Scene(host).bodyOf(900_000_001, { id }));
  const common = { account: 'default', event: 'document.completed', sentAt: Date.now(), secretId: 'current' };
  return Promise.all(
    deliveryIds.map((deliveryId) => deliveries.receive({ ...common, deliveryId, body: body(deliveryId) })),
  );
}

describe('a shutdown', () => {
  const free = { outcome: 'open', work: { leaseUntil: null, starts: 1, finishes: 1 } };

  it('leaves a delivery that was just acknowledged to the next process, without a lease', async () => {
    await receive(['del_1']);
    await host.end();
    expect(await left()).toMatchObject([free]);
  });

  it('leaves deliveries that are acknowledged while it goes on to the next process, without a lease', async () => {
    const received = receive(['del_1', 'del_2', 'del_3']);
    await Promise.all([host.end(), received]);
    expect(await left()).toMatchObject([free, free, free]);
  });
});
