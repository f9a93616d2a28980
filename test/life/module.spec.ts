import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { ExdataConfigurationError, exdataEntities } from 'nestjs-exdata';
import type { DataSource } from 'typeorm';
import { describeWithMariadb } from '../services.js';
import { Host, secret, sign } from './host.js';
import type { HostOptions } from './host.js';

let host: Host | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
});

async function life(options: HostOptions, id = 'INV-1'): Promise<Host> {
  host = await Host.start(options);
  await host.sandbox.documents.finish(await host.pending(id));
  await host.handled(id);
  expect(await host.bills(id)).toHaveLength(1);
  return host;
}

/** The names that the module's tables should have; chunks of spooled bytes are no entity. */
const prefixedTables = (database: DataSource): string[] =>
  [...exdataEntities.map((entity) => database.getMetadata(entity).givenTableName ?? ''), 'exdata_spool_chunk']
    .map((name) => `app_${name}`)
    .sort();

describe('ExdataModule', () => {
  it('takes its options from an async factory, its shape from the outer object', async () => {
    const { url } = await life({ async: true, extras: { isGlobal: true, webhookPath: 'hooks/from-exdata' } });
    expect(url).toContain('/hooks/from-exdata');
  });

  it('keeps its tables under the prefix of the host’s DataSource', async () => {
    const { database } = await life({
      database: { type: 'better-sqlite3', database: ':memory:', entityPrefix: 'app_' },
    });
    const tables: { name: string }[] = await database.query(
      "select name from sqlite_master where type = 'table' and name like '%exdata%' order by name",
    );
    expect(tables.map(({ name }) => name)).toEqual(prefixedTables(database));
  });

  it('does not start without raw bodies, and says which line to add', async () => {
    await expect(Host.start({ rawBody: false })).rejects.toThrow(/rawBody: true/);
  });

  it('starts without raw bodies where it has no webhook', async () => {
    host = await Host.start({ rawBody: false, extras: { webhookPath: false } });
    expect((await fetch(host.url, { method: 'POST' })).status).toBe(404);
  });

  it('does not start on a database without its tables, and says what to add', async () => {
    const database = { type: 'better-sqlite3', database: ':memory:' } as const;
    const start = Host.start({ database, tables: false });
    await expect(start).rejects.toThrow(/exdataMigrations/);
  });

  it('[W3] answers 503 with Retry-After when a delivery cannot be stored', async () => {
    host = await Host.start();
    await host.database.query('alter table exdata_delivery rename to out_of_reach');
    const body = Buffer.from('{"data":{"id":1}}');
    const headers = {
      'content-type': 'application/json',
      'x-signature': sign(secret, body),
      'x-timestamp': String(Math.floor(Date.now() / 1000)),
      'x-delivery': 'd-1',
    };
    const answer = await fetch(host.url, { method: 'POST', body, headers });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('names every fault of its options at once', async () => {
    const start = Host.start({ options: { token: '', webhookSecrets: [{ id: 'x', secret: 'short' }] } });
    await expect(start).rejects.toThrow(ExdataConfigurationError);
    await expect(start).rejects.toThrow(/token: [^]*webhookSecrets\[0\]\.secret: /);
  });
});

describeWithMariadb('ExdataModule on MariaDB', ({ url, name }) => {
  it('takes the type of MySQL, and keeps its tables under the prefix of the host’s DataSource', async () => {
    const { database } = await life({ database: { type: 'mysql', url, entityPrefix: 'app_' } });
    const tables: { name: string; collation: string }[] = await database.query(
      `select distinct table_name as name, collation_name as collation from information_schema.columns
       where table_schema = '${name}' and table_name like '%exdata%' and collation_name is not null order by table_name`,
    );
    expect(tables).toEqual(prefixedTables(database).map((table) => ({ name: table, collation: 'utf8mb4_nopad_bin' })));
  });

  it('does not start on tables whose collation takes one id for another, and says what to do', async () => {
    const database = {
      type: 'mariadb',
      url,
      entityPrefix: 'synced_',
      migrationsTableName: 'synced_migrations',
    } as const;
    const host = await Host.start({ database });
    await host.database.query(
      'alter table synced_exdata_document convert to character set utf8mb4 collate utf8mb4_general_ci',
    );
    await host.close();
    await expect(Host.start({ database, tables: false })).rejects.toThrow(
      /table synced_exdata_document has columns of the collation utf8mb4_general_ci.*let exdataMigrations create it/,
    );
  });

  it('does not start where an update would count changed rows instead of met ones', async () => {
    const database = {
      type: 'mariadb',
      url,
      migrationsTableName: 'flags_migrations',
      entityPrefix: 'flags_',
      extra: { flags: ['-FOUND_ROWS'] },
    } as const;
    await expect(Host.start({ database })).rejects.toThrow(/remove '-FOUND_ROWS'/);
  });
});

describe('[O1] telemetry', () => {
  const exporter = new InMemorySpanExporter();
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  });

  it('spans and log lines carry local source id, document id and request id; neither carries a secret', async () => {
    const lines: string[] = [];
    const keep = (message: unknown): void => void lines.push(String(message));
    await (async () => {
      host = await Host.start();
      Logger.overrideLogger({ log: keep, warn: keep, error: keep });
      const exdataId = await host.pending('INV-7');
      await host.sandbox.documents.finish(exdataId);
      await host.handled('INV-7');
      const link = await host.documents.findByExdataId(String(exdataId));
      const ids = {
        'exdata.source.id': 'INV-7',
        'exdata.document_id': String(exdataId),
        'exdata.request_id': expect.any(String),
      };
      for (const name of ['exdata.upload', 'exdata.delivery', 'exdata.handler']) {
        expect(exporter.getFinishedSpans().find((span) => span.name === name)?.attributes).toMatchObject(ids);
      }
      const said = lines.filter((line) => line.startsWith('document.') || line.startsWith('handler.'));
      expect(said.length).toBeGreaterThanOrEqual(3);
      for (const line of said)
        expect(line).toMatch(new RegExp(`sourceId=INV-7 documentId=${String(exdataId)} requestId=req_`));
      expect(lines.join('\n')).toContain(String(link?.requestId));
      const everything =
        JSON.stringify(exporter.getFinishedSpans().map(({ attributes, events }) => ({ attributes, events }))) +
        lines.join('\n');
      expect(everything).not.toMatch(new RegExp(`sandbox_test_token|${secret}|INV-7\\.pdf`));
    })().finally(() => {
      Logger.overrideLogger(false);
    });
  });
});
