import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { RequestFacts } from 'nestjs-exdata-sandbox';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { Host, secret, sign } from '../life/host.js';
import { describeWithPgBouncerProgram, PgBouncer } from '../pgbouncer.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { patienceMs } from '../until.js';

const isUpload = ({ method, path }: RequestFacts): boolean => method === 'POST' && path.endsWith('/documents');
const source = (id: string): { type: string; id: string } => ({ type: 'invoice', id });

/**
 * Sends documents their way at once; each ends, is billed once, and one is refused, resubmitted and held in between.
 */
async function goThrough(database: DataSourceOptions, documents = 6): Promise<Host> {
  const host = await Host.start({ database, options: { upload: { spool: 'database' } } });
  const ids = Array.from({ length: documents }, (_, at) => `doc-${at}`);
  const exdataIds = await Promise.all(ids.map((id) => host.pending(id)));
  await Promise.all(exdataIds.map((id) => host.sandbox.documents.finish(id)));
  for (const id of ids) await host.handled(id);
  expect(await Promise.all(ids.map((id) => host.bills(id)))).toEqual(ids.map(() => [{ status: 'completed' }]));
  host.sandbox.faults.request(requestFaults.problem(402, 'insufficient_credits', 'No credits.'), {
    match: isUpload,
    times: 1,
  });
  await host.uploads.submit({ source: source('held'), file: Buffer.from('%PDF-1.4 held'), filename: 'held.pdf' });
  await host.until(async () => (await host.uploads.holds()).length === 1);
  // Looks for its bytes in the spool, which is in the same database.
  await host.uploads.resubmit(source('held'), { reason: 'topped up' });
  await host.uploads.releaseHold();
  await host.documents.waitFor(source('held'), { until: 'pending', timeoutMs: patienceMs });
  return host;
}

/** Takes away what a test left in a database that the next one uses. */
async function emptied(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('drop schema public cascade');
  await client.query('create schema public');
  await client.end();
}

async function deliver(host: Host, documentId: number): Promise<number> {
  const body = Buffer.from(JSON.stringify({ data: { id: documentId, status: 'completed' }, at: randomUUID() }));
  const headers = {
    'content-type': 'application/json',
    'x-signature': sign(secret, body),
    'x-timestamp': String(Math.floor(Date.now() / 1000)),
    'x-delivery': randomUUID(),
    'x-event': 'document.completed',
  };
  return (await fetch(host.url, { method: 'POST', body, headers })).status;
}

describeWithPostgres('a pool of one connection on PostgreSQL', ({ url }) => {
  it('waits for nothing that itself holds', async () => {
    await (await goThrough({ type: 'postgres', url, poolSize: 1 })).close();
  });
});
describeWithMariadb('a pool of one connection on MariaDB', ({ url }) => {
  it('waits for nothing that itself holds', async () => {
    await (await goThrough({ type: 'mariadb', url, poolSize: 1 })).close();
  });
});

describeWithPgBouncerProgram('behind PgBouncer in transaction mode', () => {
  describeWithPostgres('which passes statements on to any session', ({ url }) => {
    // PgBouncer 1.18, Debian's, knows nothing of prepared statements (max_prepared_statements came with 1.21).
    it.each<[string, string[], 'some' | 'none' | 'any']>([
      ['is not there in another session', ['default_pool_size = 4'], 'any'],
      ['is gone after each transaction', ['default_pool_size = 1', 'server_reset_query_always = 1'], 'none'],
      ['stays in the one session that there is', ['default_pool_size = 1'], 'some'],
    ])('documents go their way where a prepared statement %s', async (_, settings, kept) => {
      const bouncer = await PgBouncer.start(url, settings);
      const host = await goThrough({ type: 'postgres', url: bouncer.url }, 12);
      const exdataId = await host.pending('many');
      const sent = await Promise.all(Array.from({ length: 40 }, () => deliver(host, exdataId)));
      expect(sent).toEqual(sent.map(() => 204));
      const stored = await host.inboxWorkedOff();
      expect(stored.filter((outcome) => outcome === 'dead')).toEqual([]);
      expect(stored.length).toBeGreaterThanOrEqual(40);
      const prepared: unknown[] = await host.database.query(
        "select 1 from pg_prepared_statements where name like 'exdata:%'",
      );
      if (kept === 'none') expect(prepared).toEqual([]);
      if (kept === 'some') expect(prepared.length).toBeGreaterThan(0);
      // Nothing of it is a fault, at start or later.
      expect(host.lines.filter((line) => /prepared|inbox\./.test(line))).toEqual([]);
      await host.close();
      await bouncer.stop();
      await emptied(url);
    });
  });
});

describeWithMariadb('parallel deliveries about one document on MariaDB', ({ url }) => {
  it('deadlock to no harm: all are stored and worked off, and the handler ran once', async () => {
    const host = await Host.start({
      database: { type: 'mariadb', url },
      options: { webhook: { replayReadEveryMs: 1 } },
    });
    const exdataId = await host.pending('one');
    await host.sandbox.documents.finish(exdataId);
    const sent = await Promise.all(Array.from({ length: 60 }, () => deliver(host, exdataId)));
    expect(sent).toEqual(sent.map(() => 204));
    const outcomes = await host.inboxWorkedOff();
    expect(outcomes).toHaveLength(61);
    expect(outcomes.filter((outcome) => outcome === 'dead')).toEqual([]);
    await host.handled('one');
    expect(await host.bills('one')).toEqual([{ status: 'completed' }]);
    await host.close();
  });
});

describeWithPostgres('limits on time in PostgreSQL', ({ url, name }) => {
  it('a statement that is cut by statement_timeout is tried again, and ends well', async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`alter database ${name} set statement_timeout = '300ms'`);
    const host = await Host.start({ database: { type: 'postgres', url } });
    const exdataId = await host.pending('slow');
    await client.query('begin');
    await client.query('set local statement_timeout = 0');
    await client.query("select * from exdata_document where source_id = 'slow' for update");
    await host.sandbox.documents.finish(exdataId);
    await host.until(async () => {
      const rows: unknown[] = await host.database.query(
        "select 1 from exdata_delivery where outcome = 'open' and failures > 0",
      );
      return rows.length > 0;
    });
    await client.query('rollback');
    await client.query(`alter database ${name} reset statement_timeout`);
    await client.end();
    await host.handled('slow');
    expect(await host.bills('slow')).toEqual([{ status: 'completed' }]);
    await host.close();
  });

  it('a handler whose session is ended by idle_in_transaction_session_timeout runs again, and is kept once', async () => {
    const host = await Host.start({
      database: { type: 'postgres', url, extra: { options: '-c idle_in_transaction_session_timeout=200' } },
    });
    let calls = 0;
    host.bookkeeping.afterWrite = async ({ manager }) => {
      if (++calls > 1) return;
      const runner = manager.queryRunner;
      // The session is ended while the handler is at something else.
      await host.until(() => runner?.isReleased === true || calls > 1);
    };
    const exdataId = await host.pending('idle');
    await host.sandbox.documents.finish(exdataId);
    await host.handled('idle');
    expect(calls).toBe(2);
    expect(await host.bills('idle')).toEqual([{ status: 'completed' }]);
    await host.close();
  });
});

describeWithMariadb('databases of other character sets on MariaDB', ({ url, name }) => {
  for (const charset of ['utf8mb3', 'latin1'])
    it(`hold every text: ${charset}`, async () => {
      const connection = await createConnection(url);
      await connection.query(`alter database ${name} character set ${charset}`);
      await connection.end();
      const prefix = `${charset}_`;
      const database: DataSourceOptions = {
        type: 'mariadb',
        url,
        entityPrefix: prefix,
        migrationsTableName: `${prefix}migrations`,
      };
      const host = await Host.start({ database });
      const id = 'Straße 東京 🧾';
      await host.uploads.submit({
        source: source(id),
        file: Buffer.from('%PDF-1.4 x'),
        filename: '請求書🧾.pdf',
        text: '仕🧾',
      });
      const row = await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
      expect(row).toMatchObject({ sourceId: id, text: '仕🧾' });
      await host.close();
    });
});
