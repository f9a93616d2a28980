import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ExdataDelivery,
  ExdataLink,
  ExdataDocumentEvent,
  ExdataHandlerRun,
  exdataEntities,
  exdataMigrations,
} from 'nestjs-exdata';
import { ExdataAccountState, ExdataAlertRow } from '../../libs/exdata/src/documents/index.js';
import { createConnection } from 'mysql2/promise';
import { DataSource } from 'typeorm';
import type { DataSourceOptions, EntityManager } from 'typeorm';
import { newWork } from '../../libs/exdata/src/dispatch/index.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';

/**
 * NUL, a half of a character at either end of the column's length, characters of four bytes, and more than any column
 * has.
 */
const odd = `\0Straße 東京 \uD83E \u{1F9FE} ${'\u{1F9FE}'.repeat(200)}${'x'.repeat(300_000)}`;
const clean = odd.replace('\0', '').replace('\uD83E ', '\uFFFD ');

describe('text that a database does not take', () => {
  describe('on SQLite', () => isKept(() => ({ type: 'better-sqlite3', database: ':memory:' })));
  describeWithPostgres('on PostgreSQL', ({ url }) => isKept(() => ({ type: 'postgres', url })));
  for (const charset of ['utf8mb4', 'utf8mb3', 'latin1'])
    describeWithMariadb(`on MariaDB, in a database of ${charset}`, ({ url, name }) => {
      beforeAll(async () => {
        const connection = await createConnection(url);
        await connection.query(`alter database ${name} character set ${charset}`);
        await connection.end();
      });
      isKept(() => ({ type: 'mariadb', url }));
    });
});

function isKept(options: () => DataSourceOptions): void {
  let source: DataSource;
  beforeAll(async () => {
    source = await new DataSource({
      ...options(),
      entities: [...exdataEntities],
      migrations: [...exdataMigrations],
      migrationsRun: true,
    }).initialize();
  });
  afterAll(() => source.destroy());
  const manager = (): EntityManager => source.manager;

  /** What the column holds of it: none of it is a half. */
  const isPrefix = (kept: string | null | undefined, most: number): void => {
    expect(kept?.length).toBeGreaterThan(most - 2);
    expect(kept?.length).toBeLessThanOrEqual(most);
    expect(clean.startsWith(kept ?? '-')).toBe(true);
  };

  it('is kept in the history, as far as the columns go', async () => {
    const id = randomUUID();
    const event = { linkId: id, position: 0, at: 0, what: 'odd', requestId: odd, deliveryId: odd, detail: odd };
    await source.manager.insert(ExdataDocumentEvent, { id, ...event });
    const { requestId, deliveryId, detail } = await source.manager.findOneByOrFail(ExdataDocumentEvent, { id });
    isPrefix(requestId, 128);
    isPrefix(deliveryId, 255);
    isPrefix(detail, 16_384);
  });

  it('is kept as what exdata says of a document, and what people say of it and of a delivery', async () => {
    const [id, work] = [randomUUID(), newWork(null)];
    const link = { mode: 'test', account: 'a', sourceType: 't', sourceId: id, generation: 1, state: 'error' } as const;
    const file = { sha256: '', size: 1, filename: 'f', contentType: 't', spoolId: null, reference: null } as const;
    const words = {
      processingStage: odd,
      processingError: odd,
      blockedReason: odd,
      reason: odd,
      exdataMode: odd,
      exdataStatus: odd,
      requestId: odd,
    };
    const problem = { code: odd, message: odd, fields: { file: [odd] }, retryAt: null };
    const times = { createdAt: 0, updatedAt: 0 };
    const document = {
      ...link,
      ...file,
      ...words,
      ...times,
      idempotencyKey: id,
      correlationId: id,
      observed: { odd },
      problem,
    };
    await manager().insert(ExdataLink, { id, ...document, work });
    const kept = await manager().findOneByOrFail(ExdataLink, { id });
    for (const text of [kept.processingStage, kept.processingError, kept.blockedReason, kept.reason])
      isPrefix(text, 16_384);
    isPrefix(kept.exdataMode, 16);
    isPrefix(kept.exdataStatus, 64);
    isPrefix(kept.requestId, 128);
    isPrefix(kept.problem?.message, 16_384);
    // JSON escapes what a text column does not take: nothing else of it is altered.
    const { code, fields } = problem;
    expect(kept).toMatchObject({ observed: { odd }, problem: { code, fields } });
    await manager().update(ExdataLink, { id }, { problem });
    isPrefix((await manager().findOneByOrFail(ExdataLink, { id })).problem?.message, 16_384);

    const told = {
      event: 'e',
      sentAt: 0,
      receivedAt: 0,
      bodySha256: '',
      secretId: 's',
      outcome: 'discarded',
      body: Buffer.from('{}'),
    } as const;
    const delivery = { mode: 'test', account: 'a', deliveryId: id, ...told, note: odd, requestId: odd, work } as const;
    await manager().insert(ExdataDelivery, { id, ...delivery });
    const { note, requestId } = await manager().findOneByOrFail(ExdataDelivery, { id });
    isPrefix(note, 16_384);
    isPrefix(requestId, 128);
  });

  it('is kept as the request id of an account’s hold', async () => {
    const id = randomUUID();
    await manager().insert(ExdataAccountState, {
      id,
      mode: 'test',
      account: id,
      holdRequestId: odd,
      work: newWork(null),
    });
    isPrefix((await manager().findOneByOrFail(ExdataAccountState, { id })).holdRequestId, 128);
  });

  it('is kept as an alert and as an error of a handler', async () => {
    const [id, work] = [randomUUID(), Object.assign(newWork(0), { lastError: odd })];
    const alert = {
      mode: 'test',
      account: 'a',
      kind: 'poison',
      cause: 'c',
      code: odd,
      message: odd,
      requestId: odd,
    } as const;
    await source.manager.insert(ExdataAlertRow, { id, ...alert, createdAt: 0, outcome: 'open', work });
    const kept = await source.manager.findOneByOrFail(ExdataAlertRow, { id });
    isPrefix(kept.code, 64);
    isPrefix(kept.message, 16_384);
    isPrefix(kept.work.lastError, 16_384);
    const run = {
      mode: 'test',
      linkId: id,
      runKey: '-',
      status: 'completed',
      handler: 'h',
      outcome: 'open',
    } as const;
    await source.manager.insert(ExdataHandlerRun, {
      ...run,
      id,
      registrationId: '',
      observed: { odd: odd.slice(0, 500) },
      requestId: odd,
      createdAt: 0,
      work,
    });
    await source.manager.update(ExdataHandlerRun, { id }, { work: { lastError: odd } });
    expect((await source.manager.findOneByOrFail(ExdataHandlerRun, { id })).observed).toEqual({
      odd: odd.slice(0, 500),
    });
  });
}
