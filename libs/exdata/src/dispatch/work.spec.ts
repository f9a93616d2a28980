import { getEventListeners, getMaxListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { addChores, Chore, ChoreJob, choreOf, workerOf } from '../../../../test/dispatch/chores.js';
import { TestClock } from '../../../../test/dispatch/test-clock.js';
import { transactionsFor } from '../persistence/index.js';
import { AccountsLeft, Claims, FenceLostError, InProcessDispatcher, newWork, WorkService, WorkWatch } from './index.js';
import type { ExdataTransactions, Worker, WorkFault } from './index.js';

let source: DataSource;
let clock: TestClock;
let transactions: ExdataTransactions;
let claims: Claims;
let faults: WorkFault[];

const retry = { firstMs: 1_000, maxMs: 4_000, totalMs: 8_000 };
const newWatch = (): WorkWatch =>
  new WorkWatch(
    clock,
    () => 1,
    transactions,
    (fault) => faults.push(fault),
  );
const newWorker = (): Worker => workerOf({ claims, transactions, clock, leaseMs: 30_000, retry, watch: newWatch() });
const chore = (id = 'a'): Promise<Chore> => choreOf(source, id);

beforeEach(async () => {
  source = await new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [Chore],
    synchronize: true,
  }).initialize();
  clock = new TestClock();
  transactions = transactionsFor(source);
  claims = new Claims(source, transactions, 'test', new AccountsLeft());
  faults = [];
  await addChores(source, ['a'], clock.now());
});
afterEach(() => source.destroy());

describe('a claim', () => {
  it('is given to one of many workers', async () => {
    const job = new ChoreJob(transactions);
    await Promise.all(Array.from({ length: 20 }, () => newWorker().work(job, 'a')));
    expect(job.ran).toEqual(['a']);
    expect(await chore()).toMatchObject({
      state: 'done',
      work: { starts: 1, finishes: 1, leaseUntil: null, dueAt: null },
    });
  });

  it('is one of many that hear of the shutdown, of which Node.js does not warn as of a leak', async () => {
    const ids = Array.from({ length: 20 }, (_, at) => `many-${String(at)}`);
    await addChores(source, ids, clock.now());
    const job = new ChoreJob(transactions);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let running = 0;
    const all = new Promise<void>((resolve) => {
      job.act = async (attempt) => {
        if (++running === ids.length) resolve();
        await held;
        await job.end(attempt);
      };
    });
    const listens = jest.spyOn(AbortSignal.prototype, 'addEventListener');
    const worker = newWorker();
    const worked = ids.map((id) => worker.work(job, id));
    await all;
    const signals = new Set<EventTarget>(listens.mock.contexts as AbortSignal[]);
    listens.mockRestore();
    const crowded = [...signals].filter((signal) => getEventListeners(signal, 'abort').length > 10);
    expect(crowded.map((signal) => getMaxListeners(signal))).toEqual([Infinity]);
    release();
    await Promise.all(worked);
  });

  it('is refused while the lease runs, and given to another once it has run out; the late worker’s write is fenced off', async () => {
    const job = new ChoreJob(transactions);
    let release = (): void => undefined;
    const stalled = new Promise<void>((resolve) => (release = resolve));
    const started = new Promise<void>((resolve) => {
      job.act = async (attempt) => {
        resolve();
        await stalled;
        await job.end(attempt, 'by the late one');
      };
    });
    // A claims object of its own whose renewals do not reach the database: a process that has stalled.
    const deaf = new Claims(source, transactions, 'test', new AccountsLeft());
    deaf.renew = () => Promise.resolve(true);
    const late = workerOf({ claims: deaf, transactions, clock, leaseMs: 30_000, retry, watch: newWatch() }).work(
      job,
      'a',
    );
    await started;
    const second = new ChoreJob(transactions);
    await newWorker().work(second, 'a');
    expect(second.ran).toEqual([]);
    clock.advance(30_001);
    await newWorker().work(second, 'a');
    expect(second.ran).toEqual(['a']);
    release();
    await late;
    expect(faults.map(({ error }) => error)).toEqual([expect.any(FenceLostError)]);
    // Its process lives: a lost lease is no death.
    expect((await chore()).work).toMatchObject({ starts: 2, finishes: 2 });
  });
});

describe('an attempt that fails', () => {
  it('is repeated on the schedule, then given up', async () => {
    const job = new ChoreJob(transactions);
    job.act = () => Promise.reject(new Error('not today'));
    const waits: number[] = [];
    for (;;) {
      await newWorker().work(job, 'a');
      const { dueAt, leaseUntil } = (await chore()).work;
      expect(leaseUntil).toBeNull();
      if (dueAt === null) break;
      waits.push(dueAt - clock.now());
      await newWorker().work(job, 'a');
      clock.advance(dueAt - clock.now());
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 4_000]);
    expect(job.ran).toHaveLength(5);
    expect((await chore()).state).toBe('dead');
    expect(faults.map(({ retryAt }) => retryAt)).toHaveLength(4);
  });

  it('without settling its row is a failure too', async () => {
    const job = new ChoreJob(transactions);
    job.act = () => Promise.resolve();
    await newWorker().work(job, 'a');
    expect((await chore()).work).toMatchObject({ failures: 1, lastError: expect.stringContaining('without settling') });
  });

  it('three times by killing its process is poison', async () => {
    for (let death = 0; death < 3; death++) {
      await claims.take(new ChoreJob(transactions), 'a', clock.now(), clock.now() + 30_000);
      clock.advance(30_001);
    }
    const job = new ChoreJob(transactions);
    await newWorker().work(job, 'a');
    expect(job.ran).toEqual([]);
    expect(await chore()).toMatchObject({ state: 'poison' });
  });

  it('is told to end when its time is up', async () => {
    const job = new ChoreJob(transactions);
    job.act = (attempt) =>
      new Promise((_resolve, reject) => {
        attempt.signal.addEventListener('abort', () => {
          reject(attempt.signal.reason as Error);
        });
        clock.advance(20_000);
      });
    await newWorker().work(job, 'a');
    expect((await chore()).work.lastError).toContain('longer than 20000 ms');
  });
});

describe('the sweeper', () => {
  it('finds rows whose dispatch was lost, and leaves those alone that are held, not due or of the other mode', async () => {
    const held = Object.assign(newWork(0), { leaseUntil: clock.now() + 1 });
    await source.manager.insert(Chore, [
      { id: 'held', mode: 'test', state: 'open', work: held },
      { id: 'later', mode: 'test', state: 'open', work: newWork(clock.now() + 1) },
      { id: 'over', mode: 'test', state: 'done', work: newWork(0) },
      { id: 'of the other mode', mode: 'live', state: 'open', work: newWork(0) },
    ]);
    const job = new ChoreJob(transactions);
    const done = new Promise<void>((resolve) => {
      job.act = async (attempt) => {
        await job.end(attempt);
        resolve();
      };
    });
    const settings = { sweepEveryMs: 2_000, sweepBatch: 100, leaseMs: 30_000, drainMs: 10_000, concurrency: 8 };
    const service = new WorkService(claims, newWorker(), new InProcessDispatcher(4), clock, settings, newWatch());
    service.register(job);
    await service.start();
    clock.advance(0);
    await done;
    await service.stop();
    await service.stop();
    expect(job.ran).toEqual(['a']);
    expect(service.running).toBe(false);
  });
});
