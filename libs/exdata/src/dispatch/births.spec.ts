import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Chore, ChoreJob, choreOf, workerOf } from '../../../../test/dispatch/chores.js';
import { TestClock } from '../../../../test/dispatch/test-clock.js';
import { until } from '../../../../test/until.js';
import { transactionsFor } from '../persistence/index.js';
import { AccountsLeft, bornWork, Claims, InProcessDispatcher, Waker, WorkService, WorkWatch, Writes } from './index.js';
import type { ExdataDispatcher, ExdataTransactions, KeptWorker, Worker } from './index.js';

const settings = { sweepEveryMs: 2_000, sweepBatch: 100, leaseMs: 30_000, drainMs: 10_000, concurrency: 2 };

let source: DataSource;
let clock: TestClock;
let transactions: ExdataTransactions;
let job: ChoreJob;
let left: AccountsLeft;
let takes: ReturnType<typeof jest.spyOn>;

/** A process with workers. */
interface Process {
  readonly service: WorkService;
  readonly worker: Worker;
  /** Inserts the row in one write, as the process would that has taken it in. */
  add(id: string): Promise<Chore>;
}
const processes: Process[] = [];

beforeEach(async () => {
  const entities = [Chore];
  source = await new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities,
    synchronize: true,
  }).initialize();
  clock = new TestClock();
  transactions = transactionsFor(source);
  job = new ChoreJob(transactions);
  left = new AccountsLeft();
});
afterEach(async () => {
  for (const { service } of processes.splice(0)) await service.stop();
  await source.destroy();
});

async function started(dispatcher: ExdataDispatcher = new InProcessDispatcher(2)): Promise<Process> {
  const claims = new Claims(source, transactions, 'test', left);
  takes = jest.spyOn(claims, 'take');
  const watch = new WorkWatch(clock, () => 1, transactions, jest.fn());
  const retry = { firstMs: 1_000, maxMs: 4_000, totalMs: 8_000 };
  const worker = workerOf({ claims, transactions, clock, leaseMs: settings.leaseMs, retry, watch, left });
  const service = new WorkService(claims, worker, dispatcher, clock, settings, watch);
  service.register(job);
  await service.start();
  const writes = new Writes(transactions, new Waker(dispatcher, watch), clock, worker.births);
  const add = (id: string): Promise<Chore> =>
    writes.run(async (write) => {
      const work = write.dueWork({ job: job.name, account: null });
      const row = Object.assign(new Chore(), { id, mode: 'test', state: 'open', work });
      await write.manager.insert(Chore, row);
      write.begins({ job: job.name, id }, row);
      return write.manager.findOneByOrFail(Chore, { id });
    });
  const process = { service, worker, add };
  processes.push(process);
  return process;
}

/** Attempts that go on until they are let go, or the application shuts down. */
function holdAll(): { readonly begun: string[]; readonly release: () => void } {
  const begun: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  job.act = async (attempt) => {
    begun.push(attempt.row.id);
    const over = new Promise<never>((_, reject) =>
      attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason as Error), { once: true }),
    );
    await Promise.race([held, over]);
    await job.end(attempt);
  };
  return { begun, release };
}

describe('a row for which a worker is free', () => {
  it('is inserted with its lease, and worked on without a claim', async () => {
    const { add } = await started();
    const born = await add('a');
    expect(born.work).toMatchObject({ leaseUntil: clock.now() + 30_000, fence: 1, starts: 1, finishes: 0 });
    await until(async () => (await choreOf(source, 'a')).state === 'done');
    expect((await choreOf(source, 'a')).work).toMatchObject({ leaseUntil: null, starts: 1, finishes: 1, fence: 2 });
    expect(takes).not.toHaveBeenCalled();
  });

  it('is born only as long as a worker is free; the others wait for their claim', async () => {
    const { add } = await started();
    const { begun, release } = holdAll();
    const rows = [await add('a'), await add('b'), await add('c')];
    expect(rows.map(({ work }) => work.starts)).toEqual([1, 1, 0]);
    await until(() => begun.length === 2);
    release();
    await until(() => begun.length === 3);
    expect(takes).toHaveBeenCalledTimes(1);
  });

  it('is born only as long as a worker is free, those counted that are kept for rows whose inserts go on', async () => {
    const { worker } = await started();
    const keep = (): KeptWorker | null => worker.births.keepWorker({ job: job.name, account: null });
    const [first, second, third] = [keep(), keep(), keep()];
    expect(second?.leaseUntil).toBe(clock.now() + 30_000);
    expect(third).toBeNull();
    first?.release();
    first?.release();
    expect([keep()?.leaseUntil, keep()]).toEqual([clock.now() + 30_000, null]);
  });

  it('is not there, and is not worked on, where its transaction is rolled back', async () => {
    const { worker } = await started();
    const watch = new WorkWatch(clock, () => 1, transactions, jest.fn());
    const writes = new Writes(transactions, new Waker(new InProcessDispatcher(1), watch), clock, worker.births);
    const failed = writes.run(async (write) => {
      const row = Object.assign(new Chore(), { id: 'a', work: write.dueWork({ job: job.name, account: null }) });
      write.begins({ job: job.name, id: 'a' }, row);
      await Promise.reject(new Error('rolled back'));
    });
    await expect(failed).rejects.toThrow('rolled back');
    expect(worker.births.waiting).toEqual([]);
    const again = [1, 2].map(() => worker.births.keepWorker({ job: job.name, account: null }));
    expect(again).not.toContain(null);
  });

  it('is others’ to take once the lease of a process that died has run out', async () => {
    const dying = await started();
    // Its process ends before the row's turn comes.
    jest.spyOn(dying.worker, 'work').mockReturnValue(new Promise(() => undefined));
    await dying.add('a');
    const other = await started();
    await other.worker.work(job, 'a');
    expect(job.ran).toEqual([]);
    clock.advance(30_001);
    await other.worker.work(job, 'a');
    expect(job.ran).toEqual(['a']);
    expect((await choreOf(source, 'a')).work).toMatchObject({ starts: 2, leaseUntil: null });
    jest.restoreAllMocks();
    processes.splice(processes.indexOf(dying), 1);
  });

  it('is claimed like any other where its turn comes after its lease', async () => {
    const { worker } = await started();
    const row = Object.assign(new Chore(), { id: 'a', mode: 'test' as const, state: 'open' });
    row.work = bornWork(clock.now(), clock.now() + 30_000);
    await source.manager.insert(Chore, row);
    worker.births.bear({ job: job.name, id: 'a' }, row);
    clock.advance(30_001);
    // Whose end leaves the count of finishes as it is, but for itself.
    job.act = (attempt) => job.wait(attempt, clock.now());
    await worker.work(job, 'a');
    expect((await choreOf(source, 'a')).work).toMatchObject({ starts: 2, finishes: 2 });
  });
});

describe('at shutdown', () => {
  it('what was born and has not begun is given back', async () => {
    const { service, worker } = await started();
    const row = Object.assign(new Chore(), { id: 'a', mode: 'test' as const, state: 'open' });
    row.work = bornWork(clock.now(), clock.now() + 30_000);
    await source.manager.insert(Chore, row);
    worker.births.bear({ job: job.name, id: 'a' }, row);
    await service.stop();
    expect((await choreOf(source, 'a')).work).toMatchObject({
      ...{ leaseUntil: null, dueAt: clock.now(), starts: 1, finishes: 1 },
      lastError: 'shutdown',
    });
    expect(job.ran).toEqual([]);
  });

  it('nothing further is born', async () => {
    const { service, worker } = await started();
    expect(worker.births.keepWorker({ job: job.name, account: null })?.leaseUntil).toBe(clock.now() + 30_000);
    await service.stop();
    expect(worker.births.keepWorker({ job: job.name, account: null })).toBeNull();
  });
});

it('of an account whose rows the process leaves to others, nothing is born', async () => {
  const { worker } = await started();
  left.leave('acme');
  expect(worker.births.keepWorker({ job: job.name, account: 'acme' })).toBeNull();
  expect(worker.births.keepWorker({ job: job.name, account: 'other' })?.leaseUntil).toBe(clock.now() + 30_000);
});

it('over a queue, nothing is born: another process may get the ref', async () => {
  const queue: ExdataDispatcher = {
    shared: true,
    roomFor: () => 8,
    start: () => undefined,
    dispatch: () => undefined,
    stop: () => Promise.resolve(),
  };
  const { add } = await started(queue);
  expect((await add('a')).work).toMatchObject({ leaseUntil: null, fence: 0, starts: 0 });
});
