import { expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { ExdataDelivery } from '../../webhooks/index.js';
import { exdataEntities, exdataMigrations } from '../index.js';
import { ExdataDeliveries1764250000000 } from './1764250000000-exdata-deliveries.js';

it('deliveries of before get their reason, and the way back is open', async () => {
  const all = [...exdataMigrations];
  const source = await new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [...exdataEntities],
    migrations: all,
  }).initialize();
  try {
    const runner = source.createQueryRunner();
    for (const Migration of all.slice(0, all.indexOf(ExdataDeliveries1764250000000))) await new Migration().up(runner);
    const columns =
      'id, account, delivery_id, event, sent_at, received_at, body_sha256, body, secret_id, outcome, fence, starts, finishes, failures';
    await runner.query(
      `insert into exdata_delivery (${columns}) values ('a', 'default', 'd', 'e', 1, 1, 's', '{}', 'current', 'unknown-document', 0, 1, 1, 0)`,
    );
    const migration = new ExdataDeliveries1764250000000();
    await migration.up(runner);
    await migration.down(runner);
    await migration.up(runner);
    for (const Migration of all.slice(all.indexOf(ExdataDeliveries1764250000000) + 1)) await new Migration().up(runner);
    expect(await source.manager.findOneBy(ExdataDelivery, { id: 'a' })).toMatchObject({ outcome: 'dead', askedAt: null });
  } finally {
    await source.destroy();
  }
});
