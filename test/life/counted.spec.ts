import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { BullModule } from '@nestjs/bull';
import { BullModule as BullMqModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { EXDATA_CLOCK, ExdataModule } from 'nestjs-exdata';
import type { ExdataModuleOptions } from 'nestjs-exdata';
import { ExdataBullModule } from 'nestjs-exdata/bull';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import pg from 'pg';
import { TestClock } from '../dispatch/test-clock.js';
import { describeWithPostgres, describeWithRedisProgram, TestRedis } from '../services.js';
import { Host } from './host.js';
import { countsOf, listed, Statements } from './statements.js';
import type { StatementCounts } from './statements.js';

interface Cost {
  /** What it costs today. Lower it with each change that makes a document cheaper. */
  readonly limit: StatementCounts;
  /** What it is to come to. */
  readonly goal: StatementCounts;
}

/**
 * A document's whole life, from `submit` until its handler's work is committed. BEGIN, COMMIT and the handler's own
 * insert are statements too.
 */
const costs = {
  'in process': { limit: { statements: 28, transactions: 4 }, goal: { statements: 32, transactions: 7 } },
  'over Bull': { limit: { statements: 36, transactions: 5 }, goal: { statements: 40, transactions: 10 } },
  'over BullMQ': { limit: { statements: 36, transactions: 5 }, goal: { statements: 40, transactions: 10 } },
} as const satisfies Record<string, Cost>;

let redis: TestRedis;
/** The processes that share a queue share the files that wait too. */
const shared = { spool: 'database' } as const;

/** How each host imports the module. */
const imported: Record<keyof typeof costs, (settings: ExdataModuleOptions) => DynamicModule> = {
  'in process': (settings) => ExdataModule.forRoot(withoutTime(settings)),
  'over Bull': (settings) => {
    const exdata = ExdataModule.forRoot({
      ...withoutTime(settings),
      upload: shared,
      dispatcher: ExdataBullModule.forRoot({}),
    });
    return both(BullModule.forRoot({ redis: { host: '127.0.0.1', port: redis.port } }), exdata);
  },
  'over BullMQ': (settings) => {
    const exdata = ExdataModule.forRoot({
      ...withoutTime(settings),
      upload: shared,
      dispatcher: ExdataBullMqModule.forRoot({}),
    });
    return both(BullMqModule.forRoot({ connection: { host: '127.0.0.1', port: redis.port } }), exdata);
  },
};

describeWithPostgres('one document on PostgreSQL', ({ url }) => {
  costsAtMost('in process', url);

  describeWithRedisProgram('and Redis', () => {
    beforeAll(async () => {
      redis = await TestRedis.start();
    });
    afterAll(() => redis.stop());

    costsAtMost('over Bull', url);
    costsAtMost('over BullMQ', url);
  });
});

function costsAtMost(dispatch: keyof typeof costs, url: string): void {
  const { limit, goal } = costs[dispatch];
  it(`${dispatch} costs at most ${limit.statements} statements in ${limit.transactions} transactions; the goal is ${goal.statements} in ${goal.transactions}`, async () => {
    // The first host makes the tables. What the others do but once, at start, at their first document and at their end,
    // falls out of the difference.
    await lives(0, dispatch, url);
    const one = await lives(1, dispatch, url);
    const two = await lives(2, dispatch, url);
    const counts = {
      statements: two.counts.statements - one.counts.statements,
      transactions: two.counts.transactions - one.counts.transactions,
    };
    const isWithin = counts.statements <= limit.statements && counts.transactions <= limit.transactions;
    // Shown where it fails: which statements there are, in each step.
    if (!isWithin) expect({ counts, steps: two.steps }).toEqual({ counts: limit, steps: [] });
    expect(counts.statements).toBeGreaterThan(0);
  });
}

/**
 * Lets so many documents live, one after the other, in a host of their own; counts all that it sends from its start
 * until it has closed.
 */
async function lives(
  documents: number,
  dispatch: keyof typeof costs,
  url: string,
): Promise<{ counts: StatementCounts; steps: string[] }> {
  const { texts, Client } = new Statements();
  const host = await Host.start({
    database: { type: 'postgres', url, extra: { Client } },
    imported: imported[dispatch],
  });
  // Whoever waits looks through a connection of its own, which is not counted.
  const watcher = new pg.Client({ connectionString: url });
  await watcher.connect();
  const started = texts.length;
  let [submitted, delivered] = [started, started];
  for (let at = 1; at <= documents; at++) {
    const id = `${dispatch} ${documents}.${at}`;
    submitted = texts.length;
    const { link } = await host.uploads.submit({
      source: { type: 'counted', id },
      file: Buffer.from(`%PDF-1.4 ${id}`),
      filename: 'counted.pdf',
    });
    const hasHappened = async (what: string): Promise<boolean> => {
      const events = 'select from exdata_document_event where document_row_id = $1 and what = $2';
      return (await watcher.query(events, [link.id, what])).rowCount === 1;
    };
    await host.until(() => hasHappened('pending'));
    delivered = texts.length;
    const [pending] = host.sandbox.documents.list();
    await host.sandbox.documents.finish(pending?.id ?? 0);
    await host.until(() => hasHappened('handler.done'));
  }
  await host.close();
  await watcher.end();
  return {
    counts: countsOf(texts.slice(started)),
    steps: [
      'from submit until exdata has it:',
      ...listed(texts.slice(submitted, delivered)),
      'from the webhook until the handler is done and all is settled:',
      ...listed(texts.slice(delivered)),
    ],
  };
}

/** Time stands still: nothing is swept, polled, pruned or read anew, however slow the machine. */
function withoutTime(settings: ExdataModuleOptions): Parameters<typeof ExdataModule.forRoot>[0] {
  const clock = new TestClock();
  clock.time = Date.now();
  return { ...settings, isGlobal: true, providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
}

/** The module beside the host's own BullModule. */
function both(...imports: DynamicModule[]): DynamicModule {
  @Module({})
  class Both {}

  return { module: Both, imports };
}
