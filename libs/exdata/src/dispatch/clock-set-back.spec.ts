import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { addChores, Chore, ChoreJob, choreOf, latch, until, workerOf } from '../../../../test/dispatch/chores.js';
import { TestClock } from '../../../../test/dispatch/test-clock.js';
import { transactionsFor } from '../persistence/index.js';
import { AccountsLeft, Claims, InProcessDispatcher, WorkService, WorkWatch } from './index.js';
import type { ExdataTransactions, Worker, WorkFault } from './index.js';

const leaseMs = 30_000;
const twoHours = 7_200_000;
let source: DataSource;
let clock: TestClock;
let transactions: ExdataTransactions;
let claims: Claims;
let job: ChoreJob;
let worker: Worker;
let service: WorkService;
let faults: WorkFault[];

beforeEach(async () => {
  source = await new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [Chore],
    synchronize: true,
  }).initialize();
  clock = new TestClock();
  clock.time = 10 * twoHours;
  transactions = transactionsFor(source);
  claims = new Claims(source, transactions, 'test', new AccountsLeft());
  job = new ChoreJob(transactions, 10 * twoHours);
  faults = [];
  const watch = new WorkWatch(
    clock,
    () => 1,
    transactions,
    (fault) => faults.push(fault),
  );
  const retry = { firstMs: 1_000, maxMs: 4_000, totalMs: 8_000 };
  worker = workerOf({ claims, transactions, clock, leaseMs, retry, watch });
  const settings = { sweepEveryMs: 2_000, sweepBatch: 100, leaseMs, drainMs: 10_000, concurrency: 8 };
  service = new WorkService(claims, worker, new InProcessDispatcher(4), clock, settings, watch);
  service.register(job);
  await addChores(source, ['a'], clock.now());
});
afterEach(async () => {
  await service.stop();
  await source.destroy();
});

const startAndLook = async (): Promise<void> => {
  await service.start();
  clock.advance(0);
};
/** Lets the sweeper look so often. */
const look = async (times = 1): Promise<void> => {
  for (let time = 0; time < times; time++) {
    await until(() => clock.waiting > 0);
    clock.advance(2_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

it('a retry that was due in a second is made within seconds', async () => {
  let attempts = 0;
  job.act = async (attempt) => {
    if (++attempts === 1) throw new Error('once');
    await job.end(attempt);
  };
  await startAndLook();
  await until(async () => (await choreOf(source, 'a')).work.failures === 1);
  clock.setBack(twoHours);
  await until(async () => {
    await look();
    return (await choreOf(source, 'a')).state === 'done';
  });
  expect(attempts).toBe(2);
  expect(clock.now()).toBeLessThan(9 * twoHours + 60_000);
});

it('a row that a worker held which has died is free again within a lease', async () => {
  await source.manager.update(Chore, { id: 'a' }, { work: { leaseUntil: clock.now() + leaseMs, fence: 1, starts: 1 } });
  await startAndLook();
  await look();
  clock.setBack(twoHours);
  await until(async () => {
    await look();
    return (await choreOf(source, 'a')).state === 'done';
  });
  expect(clock.now()).toBeLessThan(9 * twoHours + leaseMs + 60_000);
});

it('a worker whose renewals fail ends at its lease’s end, and not two hours later', async () => {
  const gone = latch<unknown>();
  job.act = async (attempt) => {
    await new Promise<void>((resolve) => attempt.signal.addEventListener('abort', () => resolve(), { once: true }));
    gone.open(attempt.signal.reason);
    throw attempt.signal.reason as Error;
  };
  claims.renew = () => Promise.reject(new Error('the database is away'));
  const working = worker.work(job, 'a');
  await until(() => job.ran.length === 1);
  clock.setBack(twoHours);
  clock.advance(leaseMs);
  expect(String(await gone.opened)).toContain('has no lease any more');
  await working;
});

it('a clock that goes forward loses no row and does none twice', async () => {
  const gate = latch();
  job.act = async (attempt) => {
    await gate.opened;
    await attempt.step(1_000);
    await job.end(attempt);
  };
  await startAndLook();
  await until(() => job.ran.length === 1);
  clock.advance(twoHours);
  gate.open();
  await until(async () => {
    await look();
    return (await choreOf(source, 'a')).state === 'done';
  });
  expect((await choreOf(source, 'a')).work).toMatchObject({ leaseUntil: null, dueAt: null });
});
