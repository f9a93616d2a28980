import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { ExdataDelivery, ExdataDeliveryService, ExdataTransactions } from 'nestjs-exdata';
import { EXDATA_DATA_SOURCE } from '../../libs/exdata/src/dispatch/index.js';
import type { ExdataModuleOptions } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { RequestFacts } from 'nestjs-exdata-sandbox';
import type { DataSource, DataSourceOptions, EntityManager } from 'typeorm';
import { MysqlTransactions } from '../../libs/exdata/src/persistence/transactions/mysql.transactions.js';
import { PooledTransactions } from '../../libs/exdata/src/persistence/transactions/pooled.transactions.js';
import { Host } from '../life/host.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { patienceMs } from '../until.js';

type Work<T> = (manager: EntityManager) => Promise<T>;

/**
 * Work whose transaction is broken off the first time, at its very end, as PostgreSQL (SQLSTATE 40001 at COMMIT) and
 * Galera do.
 */
function brokenOffOnce<T>(work: Work<T>): Work<T> {
  let isFirst = true;
  return async (manager) => {
    const result = await work(manager);
    if (!isFirst) return result;
    isFirst = false;
    throw Object.assign(new Error('could not serialize access'), { code: '40001' });
  };
}

class RepeatedOnPostgres extends PooledTransactions {
  override run<T>(work: Work<T>): Promise<T> {
    return super.run(brokenOffOnce(work));
  }
}

class RepeatedOnMysql extends MysqlTransactions {
  override run<T>(work: Work<T>): Promise<T> {
    return super.run(brokenOffOnce(work));
  }
}

const isUpload = ({ method, path: route }: RequestFacts): boolean => method === 'POST' && route.endsWith('/documents');
const source = (id: string): { type: string; id: string } => ({ type: 'invoice', id });

describeWithPostgres('with each transaction repeated, on PostgreSQL and a spool directory', ({ url }) => {
  endsWell(() => ({ type: 'postgres', url }), RepeatedOnPostgres);
});
describeWithPostgres('with each transaction repeated, on PostgreSQL and a spool in the database', ({ url }) => {
  endsWell(() => ({ type: 'postgres', url }), RepeatedOnPostgres, { spool: 'database' });
});
describeWithMariadb('with each transaction repeated, on MariaDB', ({ url }) => {
  endsWell(() => ({ type: 'mariadb', url }), RepeatedOnMysql);
});

function endsWell(
  database: () => DataSourceOptions,
  Transactions: new (dataSource: DataSource) => ExdataTransactions,
  upload?: ExdataModuleOptions['upload'],
): void {
  let host: Host;
  const lines: string[] = [];

  beforeAll(async () => {
    const provider = {
      provide: ExdataTransactions,
      inject: [EXDATA_DATA_SOURCE],
      useFactory: (dataSource: DataSource) => new Transactions(dataSource),
    };
    host = await Host.start({
      database: database(),
      extras: { providers: [provider] },
      ...(upload && { options: { upload } }),
    });
    const keep = (message: unknown): void => void lines.push(String(message));
    Logger.overrideLogger({ log: keep, warn: keep, error: keep });
  });
  afterAll(async () => {
    Logger.overrideLogger(false);
    await host.close();
  });
  afterEach(() => {
    host.sandbox.faults.clear();
    lines.length = 0;
  });

  const uploads = (): number => host.sandbox.journal.requests(isUpload).length;
  const said = (what: string, id: string): number =>
    lines.filter((line) => line.startsWith(what) && line.includes(`sourceId=${id} `)).length;

  it('a document goes its way once: one upload, one bill, one line of each kind, no bytes left', async () => {
    const before = uploads();
    const exdataId = await host.pending('once');
    await host.sandbox.documents.finish(exdataId);
    await host.handled('once');
    await host.inboxWorkedOff();
    expect(uploads() - before).toBe(1);
    expect(await host.bills('once')).toEqual([{ status: 'completed' }]);
    expect((await host.documents.history(source('once'))).map(({ what }) => what)).toEqual([
      ...['queued', 'uploading', 'linked', 'pending', 'completed', 'handler.done'],
    ]);
    expect(['document.pending', 'document.completed', 'handler.done'].map((what) => said(what, 'once'))).toEqual([
      1, 1, 1,
    ]);
    expect(await bytesLeft(host)).toBe(0);
  });

  it('a refused document is told of once, and resubmitted under one new key', async () => {
    host.sandbox.faults.request(requestFaults.problem(422, 'validation_failed', 'No.'), { match: isUpload, times: 1 });
    await host.uploads.submit({ source: source('refused'), file: Buffer.from('%PDF-1.4 refused'), filename: 'a.pdf' });
    await host.documents.waitFor(source('refused'), { until: 'rejected', timeoutMs: patienceMs });
    await host.until(() => host.pager.alerts.some(({ sourceId }) => sourceId === 'refused'));
    await host.uploads.resubmit(source('refused'), { reason: 'mended', file: Buffer.from('%PDF-1.4 mended') });
    await host.documents.waitFor(source('refused'), { until: 'pending', timeoutMs: patienceMs });
    expect((await host.documents.generations(source('refused'))).map(({ state }) => state)).toEqual([
      'rejected',
      'pending',
    ]);
    expect(host.pager.alerts.filter(({ sourceId }) => sourceId === 'refused')).toHaveLength(1);
    expect(said('upload.rejected', 'refused')).toBe(1);
    await host.until(async () => (await bytesLeft(host)) === 0);
  });

  it('a hold is placed once, and what it held goes out once', async () => {
    host.sandbox.faults.request(requestFaults.problem(403, 'refused', 'No.'), { match: isUpload, times: 1 });
    await host.uploads.submit({ source: source('held'), file: Buffer.from('%PDF-1.4 held'), filename: 'a.pdf' });
    await host.until(async () => (await host.uploads.holds()).length === 1);
    expect(await host.uploads.releaseHold()).toBe(true);
    await host.documents.waitFor(source('held'), { until: 'pending', timeoutMs: patienceMs });
    await host.until(() => host.pager.alerts.some(({ kind }) => kind === 'permission_denied'));
    expect(host.pager.alerts.filter(({ kind }) => kind === 'permission_denied')).toHaveLength(1);
  });

  it('an erasure and a replay come to the same as if each had run once', async () => {
    const exdataId = await host.pending('erased');
    await host.sandbox.documents.finish(exdataId);
    await host.handled('erased');
    await host.inboxWorkedOff();
    const deliveries = host.app.get(ExdataDeliveryService);
    const delivery = await host.database.manager.findOneByOrFail(ExdataDelivery, { exdataId: String(exdataId) });
    await deliveries.replay(delivery.id);
    await host.inboxWorkedOff();
    expect(await host.bills('erased')).toHaveLength(1);
    const erased = await deliveries.eraseDocument({ source: source('erased') });
    expect(erased).toMatchObject({ documents: 1, deliveries: 1 });
  });
}

/** Files, or rows of the spool. */
async function bytesLeft(host: Host): Promise<number> {
  const [{ rows_left: rows }] = await host.database.query<[{ rows_left: string }]>(
    'select count(*) as rows_left from exdata_spool',
  );
  const files = await readdir(path.join(host.folder, 'spool')).catch(() => []);
  return Number(rows) + files.length;
}
