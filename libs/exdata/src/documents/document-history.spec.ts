import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../../../../test/services.js';
import { AccountsLeft, Births, systemClock, Write } from '../dispatch/index.js';
import { eventRowsIn, exdataEntities, exdataMigrations, transactionsFor } from '../persistence/index.js';
import { DocumentHistory, ExdataDocumentEvent } from './index.js';

// A host may name tables its own way.
const schema = {
  entities: [...exdataEntities],
  migrations: [...exdataMigrations],
  migrationsRun: true,
  entityPrefix: 'host_',
};

describe('on SQLite', () => inOrder(() => ({ ...schema, type: 'better-sqlite3', database: ':memory:' })));
describeWithPostgres('on PostgreSQL', ({ url }) => inOrder(() => ({ ...schema, type: 'postgres', url })));
describeWithMariadb('on MariaDB', ({ url }) => inOrder(() => ({ ...schema, type: 'mariadb', url })));

function inOrder(options: () => DataSourceOptions): void {
  let history: DocumentHistory;
  let source: DataSource;
  beforeAll(async () => {
    source = await new DataSource(options()).initialize();
    history = new DocumentHistory(eventRowsIn(source));
  });
  afterAll(() => source.destroy());

  const inWrite = async (work: (write: Write) => Promise<void>): Promise<void> => {
    const transactions = transactionsFor(source);
    const births = new Births(systemClock, { leaseMs: 30_000 }, new AccountsLeft());
    await transactions.run((manager) => work(new Write(transactions, births, manager, 1_800_000_000_000)));
  };

  it('keeps what happened in one millisecond in its order, whether written together or one by one', async () => {
    const [row, other] = [{ id: randomUUID() }, { id: randomUUID() }];
    await inWrite(async (write) => {
      await history.record(write, row, 'queued');
      await history.record(write, other, 'queued');
      await history.recordAll(write, row, [
        { what: 'linked', requestId: 'req_1' },
        { what: 'pending', deliveryId: 'a', detail: 'webhook' },
      ]);
      await history.recordAll(write, row, []);
    });
    await inWrite((write) => history.record(write, row, 'completed'));
    const events = await source.manager.find(ExdataDocumentEvent, {
      where: { linkId: row.id },
      order: { position: 'ASC', id: 'ASC' },
    });
    expect(events.map(({ what }) => what)).toEqual(['queued', 'linked', 'pending', 'completed']);
    expect(events[1]).toMatchObject({ at: 1_800_000_000_000, requestId: 'req_1', deliveryId: null, detail: null });
    expect(events[2]).toMatchObject({ requestId: null, deliveryId: 'a', detail: 'webhook' });
  });
}
