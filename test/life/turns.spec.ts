import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EXDATA_CLOCK, ExdataLink, OnExdataDocument } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { IsNull, Not } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { ExdataAccountState, ExdataAlertRow, ExdataHandlerRun } from '../../libs/exdata/src/documents/index.js';
import { Host } from './host.js';
import type { HostOptions } from './host.js';
import { ShiftedClock } from './shifted-clock.js';
import { TurnWatch } from './turn-watch.js';

/** Rows of each backlog: more than one page of anything. */
const many = 300;
const hour = 3_600_000;
const day = 24 * hour;
const source = (id: string): { type: string; id: string } => ({ type: 'invoice', id });

@Injectable()
class Archive {
  calls = 0;
  @OnExdataDocument('completed', { id: 'archive', from: 'beginning' })
  put(): void {
    this.calls++;
  }
}

let host: Host;
let clock: ShiftedClock;
let turns: TurnWatch;

beforeEach(() => {
  clock = new ShiftedClock();
  turns = new TurnWatch();
});
afterEach(async () => {
  turns.stop();
  await host.close();
});

async function start({ options, after, ...more }: HostOptions = {}): Promise<void> {
  const database = {
    type: 'better-sqlite3',
    database: after ? path.join(after.folder, 'host.sqlite') : ':memory:',
    prepareDatabase: turns.prepareDatabase,
  } as DataSourceOptions;
  host = await Host.start({
    ...(after ? { after } : {}),
    database,
    extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
    options: { work: { sweepEveryMs: 10_000 }, polling: { firstMs: 20 * day }, ...options },
    ...more,
  });
}

const workOf = (more: Partial<ExdataLink['work']>): ExdataLink['work'] => ({
  dueAt: null,
  leaseUntil: null,
  fence: 0,
  starts: 0,
  finishes: 0,
  failures: 0,
  lastError: null,
  ...more,
});

/** Rows like the one of `id`, as they would lie there. */
async function alike(id: string, rowOf: (at: number) => Partial<ExdataLink>): Promise<void> {
  const like = await host.database.manager.findOneByOrFail(ExdataLink, { sourceId: id });
  const rows = Array.from({ length: many }, (_, at) =>
    Object.assign(new ExdataLink(), like, {
      id: randomUUID(),
      sourceId: `${id}-${String(at)}`,
      correlationId: randomUUID(),
      idempotencyKey: randomUUID(),
      ...rowOf(at),
    }),
  );
  // TypeORM's type of what can be inserted knows no JSON.
  for (let at = 0; at < many; at += 100)
    await host.database.manager.insert(ExdataLink, rows.slice(at, at + 100) as never);
}

it('documents that a hold kept back, released together', async () => {
  await start();
  await host.pending('HELD');
  host.sandbox.faults.request(requestFaults.problem(402, 'insufficient_credits', 'No credits.'), { times: 1 });
  await host.uploads.submit({ source: source('FIRST'), file: Buffer.from('%PDF-1.4 FIRST') });
  await host.until(async () => (await host.uploads.holds()).length > 0);
  const [hold] = await host.database.manager.find(ExdataAccountState);
  await alike('HELD', () => ({
    state: 'queued',
    exdataId: null,
    holdId: hold?.holdId ?? null,
    work: workOf({}),
  }));
  const held = (): Promise<number> => host.database.manager.countBy(ExdataLink, { holdId: Not(IsNull()) });
  expect(await held()).toBeGreaterThan(many);
  await turns.staysShort(async () => {
    expect(await host.uploads.releaseHold()).toBe(true);
    await host.until(async () => (await held()) === 0);
  });
});

it('documents that ended before there was a handler for them, offered to it', async () => {
  host = await Host.start({ options: { polling: { firstMs: 20 * day } } });
  await host.sandbox.documents.finish(await host.pending('ENDED'));
  await host.handled('ENDED');
  await alike('ENDED', (at) => ({ exdataId: `9${String(at)}` }));
  await host.end();
  const ended = host;
  await turns.staysShort(async () => {
    await start({ after: ended, providers: [Archive] });
    await host.until(() => host.app.get(Archive).calls > many);
  });
  expect(await host.database.manager.countBy(ExdataHandlerRun, { handler: 'archive' })).toBe(many + 1);
});

it('alerts that are due, raised one by one', async () => {
  await start();
  const at = clock.now();
  const rows = Array.from({ length: many }, (_, which) =>
    Object.assign(new ExdataAlertRow(), {
      id: randomUUID(),
      mode: 'test',
      account: 'default',
      kind: 'dead_letter',
      cause: `test ${String(which)}`,
      code: 'handler',
      message: 'a handler gave up',
      sourceType: null,
      sourceId: null,
      exdataId: null,
      requestId: null,
      createdAt: at,
      retryAt: null,
      outcome: 'open',
      work: workOf({ dueAt: at }),
    }),
  );
  for (let from = 0; from < many; from += 100)
    await host.database.manager.insert(ExdataAlertRow, rows.slice(from, from + 100));
  await turns.staysShort(async () => {
    clock.skip(11_000);
    await host.until(async () => (await host.database.manager.countBy(ExdataAlertRow, { outcome: 'open' })) === 0);
  });
  expect(host.pager.alerts).toHaveLength(many);
});

it('bytes in the database that were left behind, and others that are still needed', async () => {
  await start({ options: { upload: { spool: 'database' } } });
  await host.pending('NEEDED');
  const spoolIds = Array.from({ length: 2 * many }, () => randomUUID());
  await alike('NEEDED', (at) => ({
    state: 'queued',
    exdataId: null,
    spoolId: spoolIds[at] ?? '',
    work: workOf({ dueAt: clock.now() + 20 * day }),
  }));
  const writtenAt = clock.now() - 2 * day;
  for (const [at, id] of spoolIds.entries()) {
    const keptAt = at < many ? writtenAt : null;
    await host.database.query('insert into exdata_spool (id, chunks, written_at, kept_at) values (?, 1, ?, ?)', [
      id,
      writtenAt,
      keptAt,
    ]);
    await host.database.query('insert into exdata_spool_chunk (spool_id, position, bytes) values (?, 0, ?)', [
      id,
      Buffer.from('%PDF-1.4'),
    ]);
  }
  const left = async (): Promise<number | undefined> =>
    (await host.database.query<{ files: number }[]>('select count(*) as files from exdata_spool'))[0]?.files;
  await turns.staysShort(async () => {
    clock.skip(25 * hour);
    await host.until(async () => (await left()) === many);
  });
});
