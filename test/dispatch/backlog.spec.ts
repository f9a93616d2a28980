import { afterEach, expect, it } from '@jest/globals';
import { ExdataDeliveryService, ExdataLink } from 'nestjs-exdata';
import { DataSource } from 'typeorm';
import { AccountsLeft, Claims } from '../../libs/exdata/src/dispatch/index.js';
import type { DueRow } from '../../libs/exdata/src/dispatch/claims.js';
import { transactionsFor } from '../../libs/exdata/src/persistence/index.js';
import { Host } from '../life/host.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { addChores, Chore, ChoreJob } from './chores.js';

/** Goes through all that is due as sweeps do; gives how many rows that were. */
async function goThrough(claims: Claims, job: ChoreJob, now: number): Promise<number> {
  let seen = 0;
  let after: DueRow | undefined;
  for (;;) {
    const rows = await claims.due(job, now, 100, after);
    seen += rows.length;
    after = rows.at(-1);
    if (!after || rows.length < 100) return seen;
  }
}

describeWithPostgres('a backlog on PostgreSQL', ({ url }) => {
  let source: DataSource | undefined;
  afterEach(() => source?.destroy());

  it('costs each of its rows once, and not once for each batch', async () => {
    // One session, whose counts can be asked for.
    const database = new DataSource({ type: 'postgres', url, entities: [Chore], synchronize: true, poolSize: 1 });
    source = await database.initialize();
    await source.query('create index chore_due on chore (mode, state, due_at)');
    const rows = 4_000;
    for (let at = 0; at < rows; at += 500) {
      const ids = Array.from({ length: 500 }, (_, one) => `row-${String(at + one).padStart(6, '0')}`);
      await addChores(source, ids, 1_000 + at);
    }
    await source.query(`update chore set due_at = due_at + (substr(id, 5)::int % 500)`);
    await source.query('vacuum analyze chore');
    const transactions = transactionsFor(source);
    const claims = new Claims(source, transactions, 'test', new AccountsLeft());
    const read = async (): Promise<number> => {
      await database.query('select pg_stat_force_next_flush()');
      await database.query('select pg_stat_clear_snapshot()');
      const sql = `select coalesce(sum(idx_tup_read), 0)::int + (select seq_tup_read::int from pg_stat_user_tables where relname = 'chore') as read from pg_stat_user_indexes where relname = 'chore'`;
      const [found] = await database.query<{ read: number }[]>(sql);
      return found?.read ?? 0;
    };
    const before = await read();
    expect(await goThrough(claims, new ChoreJob(transactions), Date.now())).toBe(rows);
    expect((await read()) - before).toBeLessThanOrEqual(3 * rows);
  });
});

describeWithMariadb('rows larger than the sort buffer of MariaDB', ({ url }) => {
  let host: Host | undefined;
  afterEach(() => host?.close());

  it('are listed and swept all the same', async () => {
    host = await Host.start({
      database: { type: 'mariadb', url, extra: { connectionLimit: 1 } },
      options: { work: { sweepEveryMs: 3_600_000 } },
    });
    const { database, documents } = host;
    for (const id of ['LARGE-1', 'LARGE-2', 'LARGE-3']) await host.pending(id);
    const large = 'x'.repeat(60_000);
    await database.query(`update exdata_document set processing_error = ?, last_error = ?, due_at = 1`, [large, large]);
    await database.query('set session sort_buffer_size = 16384');
    await database.query('set session max_length_for_sort_data = 8388608').catch(() => undefined);
    const claims = new Claims(database, transactionsFor(database), 'test', new AccountsLeft());
    const job = { name: 'poll', entity: ExdataLink, where: { state: 'pending' } } as unknown as Parameters<
      Claims['due']
    >[0];
    expect(await claims.due(job, Date.now(), 100)).toHaveLength(3);
    expect((await documents.list({ limit: 200 })).data).toHaveLength(3);
    expect((await documents.history({ type: 'invoice', id: 'LARGE-1' })).length).toBeGreaterThan(0);
    expect((await host.app.get(ExdataDeliveryService).list()).data).toEqual([]);
  });
});
