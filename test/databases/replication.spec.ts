import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { ExdataDeliveryService, ExdataDelivery, ExdataWebhookSecrets } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { RequestFacts } from 'nestjs-exdata-sandbox';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { Host } from '../life/host.js';
import { describeWithPostgresProgram, PostgresServer } from '../postgres-server.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { patienceMs, until } from '../until.js';

const isUpload = ({ method, path }: RequestFacts): boolean => method === 'POST' && path.endsWith('/documents');
const source = (id: string): { type: string; id: string } => ({ type: 'invoice', id });

describeWithPostgres('beside a replica that has no tables yet, on PostgreSQL', ({ url }) => {
  describeWithPostgres('the replica', (replica) => {
    readsNothingOf(() => ({ type: 'postgres', replication: { master: { url }, slaves: [{ url: replica.url }] } }), {
      spool: 'database',
    });
  });
});
describeWithMariadb('beside a replica that has no tables yet, on MariaDB', ({ url }) => {
  describeWithMariadb('the replica', (replica) => {
    readsNothingOf(() => ({ type: 'mariadb', replication: { master: { url }, slaves: [{ url: replica.url }] } }), {
      spool: 'database',
    });
  });
});

/** A read of the replica would fail: each way through the module is gone once. */
function readsNothingOf(database: () => DataSourceOptions, upload: { readonly spool: 'database' }): void {
  let host: Host;
  beforeAll(async () => {
    host = await Host.start({ database: database(), options: { upload } });
  });
  afterAll(() => host.close());
  afterEach(() => host.sandbox.faults.clear());

  it('a read by the host goes to the replica', async () => {
    await expect(host.database.manager.count(ExdataDelivery)).rejects.toThrow(/exdata_delivery/);
  });

  it('a document goes its way, and is found', async () => {
    const exdataId = await host.pending('way');
    await host.sandbox.documents.finish(exdataId);
    await host.handled('way');
    expect(await host.inboxWorkedOff()).toEqual(['applied']);
    const found = await host.documents.findByExdataId(String(exdataId));
    expect(found).toMatchObject({ sourceId: 'way', state: 'completed' });
    expect((await host.documents.list({ state: 'completed' })).data).toHaveLength(1);
    expect(await host.documents.refresh(source('way'))).toMatchObject({ state: 'completed' });
  });

  it('a hold stands, is released, and a document is resubmitted from the spool', async () => {
    host.sandbox.faults.request(requestFaults.problem(402, 'insufficient_credits', 'No credits.'), {
      match: isUpload,
      times: 1,
    });
    await host.uploads.submit({ source: source('held'), file: Buffer.from('%PDF-1.4 held'), filename: 'held.pdf' });
    await host.until(async () => (await host.uploads.holds()).length === 1);
    await host.uploads.releaseHold();
    const sent = await host.documents.waitFor(source('held'), { until: 'pending', timeoutMs: patienceMs });
    expect(sent).toMatchObject({ generation: 2 });
  });

  it('what people ask for is answered', async () => {
    const deliveries = host.app.get(ExdataDeliveryService);
    const [delivery] = (await deliveries.list()).data;
    await deliveries.replay(delivery?.id ?? '');
    expect(await host.inboxWorkedOff()).toHaveLength(1);
    expect(await deliveries.redrive({ dryRun: true })).toMatchObject({ dryRun: true });
    expect(await host.app.get(ExdataWebhookSecrets).rotationReport()).toHaveLength(1);
    expect(await deliveries.eraseDocument({ source: source('way') })).toMatchObject({ documents: 1 });
  });
}

describeWithPostgresProgram('beside a streaming replica that stands still', () => {
  let primary: PostgresServer;
  let replica: PostgresServer;
  let host: Host;

  beforeAll(async () => {
    primary = await PostgresServer.start();
    replica = await primary.replica();
    const database: DataSourceOptions = {
      type: 'postgres',
      replication: { master: { url: primary.url }, slaves: [{ url: replica.url }] },
    };
    host = await Host.start({ database });
    await untilApplied(primary, replica);
    await on(replica, 'select pg_wal_replay_pause()');
  });
  afterAll(async () => {
    await host.close();
    await replica.remove();
    await primary.remove();
  });

  it('what was submitted is waited for, and ends', async () => {
    const exdataId = await host.pending('late');
    await host.sandbox.documents.finish(exdataId);
    expect(await host.documents.waitFor(source('late'), { timeoutMs: patienceMs })).toMatchObject({
      state: 'completed',
    });
    await host.handled('late');
    expect(await host.bills('late')).toEqual([{ status: 'completed' }]);
    expect(await on(replica, 'select count(*) as n from exdata_document')).toEqual([{ n: '0' }]);
  });
});

async function on({ url }: PostgresServer, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Resolves once the replica has the tables. */
async function untilApplied(primary: PostgresServer, replica: PostgresServer): Promise<void> {
  const [at] = (await on(primary, 'select pg_current_wal_lsn()::text as lsn')) as [{ lsn: string }];
  await until(async () => {
    const [row] = (await on(replica, `select pg_last_wal_replay_lsn() >= '${at.lsn}'::pg_lsn as has`)) as [
      { has: boolean },
    ];
    return row.has;
  });
}
