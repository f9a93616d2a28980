import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import {
  AccountsLeft,
  Claims,
  FenceLostError,
  InProcessDispatcher,
  WorkService,
  WorkWatch,
} from '../../libs/exdata/src/dispatch/index.js';
import type { Attempt, ExdataTransactions, WorkFault, Worker } from '../../libs/exdata/src/dispatch/index.js';
import { transactionsFor } from '../../libs/exdata/src/persistence/index.js';
import { addChores, Chore, ChoreJob, choreOf, latch, until, workerOf } from './chores.js';
import { TestClock } from './test-clock.js';

const leaseMs = 30_000;

/** Claims whose renewals can be watched, and cut off from the database. */
class WatchedClaims extends Claims {
  renewals = 0;
  meanwhile: () => Promise<void> = () => Promise.resolve();

  override async renew(...renewal: Parameters<Claims['renew']>): Promise<boolean> {
    this.renewals++;
    await this.meanwhile();
    return super.renew(...renewal);
  }
}

let source: DataSource;
let clock: TestClock;
let transactions: ExdataTransactions;
let claims: WatchedClaims;
let faults: WorkFault[];
let job: ChoreJob;

const newWatch = (): WorkWatch =>
  new WorkWatch(
    clock,
    () => 1,
    transactions,
    (fault) => faults.push(fault),
  );
const newWorker = (): Worker =>
  workerOf({
    claims,
    transactions,
    clock,
    leaseMs,
    retry: { firstMs: 1_000, maxMs: 4_000, totalMs: 10_000 },
    watch: newWatch(),
  });
const chore = (): Promise<Chore> => choreOf(source, 'a');

beforeEach(async () => {
  source = await new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [Chore],
    synchronize: true,
  }).initialize();
  clock = new TestClock();
  transactions = transactionsFor(source);
  claims = new WatchedClaims(source, transactions, 'test', new AccountsLeft());
  faults = [];
  job = new ChoreJob(transactions, 600_000);
  await addChores(source, ['a'], clock.now());
});
afterEach(() => source.destroy());

/** Starts work on the row that goes on until `end` is opened or its signal aborts. */
async function begin(): Promise<{ attempt: Attempt; end: () => void; over: Promise<unknown> }> {
  const end = latch();
  const claimed = latch<Attempt>();
  job.act = async (attempt) => {
    claimed.open(attempt);
    await new Promise<void>((resolve, reject) => {
      attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason as Error));
      void end.opened.then(resolve);
    });
    await job.end(attempt);
  };
  const over = newWorker().work(job, 'a');
  return { attempt: await claimed.opened, end: () => end.open(), over };
}

describe('a lease', () => {
  it('is renewed while the work goes on, so that work may be longer than it', async () => {
    const { end, over } = await begin();
    for (let third = 1; third <= 9; third++) {
      clock.advance(leaseMs / 3);
      await until(async () => claims.renewals === third && (await chore()).work.leaseUntil === clock.now() + leaseMs);
    }
    end();
    expect(await over).toEqual({ outcome: 'done', dueAt: null });
  });

  it('that cannot be renewed ends the work by the clock of the process, at the cost of no attempt', async () => {
    const { attempt, over } = await begin();
    claims.meanwhile = () => Promise.reject(new Error('the database is away'));
    clock.advance(leaseMs / 3);
    await until(() => claims.renewals === 1);
    expect(attempt.signal.aborted).toBe(false);
    claims.meanwhile = () => new Promise(() => undefined);
    await until(() => {
      clock.advance(1_000);
      return claims.renewals === 2;
    });
    clock.advance(leaseMs);
    expect(attempt.signal.reason).toBeInstanceOf(FenceLostError);
    await expect(attempt.step(1)).rejects.toThrow(FenceLostError);
    expect(await over).toMatchObject({ outcome: 'waiting', dueAt: clock.now() });
    expect((await chore()).work).toMatchObject({
      starts: 1,
      finishes: 1,
      failures: 0,
      leaseUntil: null,
      dueAt: clock.now(),
    });
    expect(faults).toHaveLength(1);
  });

  it('that ran out while the process was paused lets no further step begin, though no timer has fired yet', async () => {
    const { attempt, over } = await begin();
    clock.time += leaseMs;
    await expect(attempt.step(1)).rejects.toThrow('ran out');
    await over;
  });
});

describe('a step', () => {
  it('that the lease covers costs no write; one that it does not renews it first', async () => {
    const { attempt, end, over } = await begin();
    await attempt.step(20_000);
    expect(claims.renewals).toBe(0);
    clock.time += 9_000;
    await attempt.step(20_000);
    expect(claims.renewals).toBe(0);
    await attempt.step(25_000);
    expect(claims.renewals).toBe(1);
    expect((await chore()).work.leaseUntil).toBe(clock.now() + leaseMs);
    end();
    await over;
  });

  it('longer than a lease begins on a fresh one, not on one as long as itself', async () => {
    const { attempt, end, over } = await begin();
    clock.time += 5_000;
    await attempt.step(600_000);
    expect((await chore()).work.leaseUntil).toBe(clock.now() + leaseMs);
    end();
    await over;
  });

  it('does not begin once another worker has the row', async () => {
    const { attempt, over } = await begin();
    await source.manager.update(Chore, { id: 'a' }, { work: { fence: 7 } });
    clock.time += 20_000;
    await expect(attempt.step(20_000)).rejects.toThrow(FenceLostError);
    expect(await over).toEqual({ outcome: 'nothing', dueAt: null });
  });

  it('does not begin when the lease cannot be renewed, and says why', async () => {
    const { attempt, end, over } = await begin();
    claims.meanwhile = () => Promise.reject(new Error('the database is away'));
    clock.time += 20_000;
    await expect(attempt.step(20_000)).rejects.toMatchObject({
      name: 'FenceLostError',
      cause: new Error('the database is away'),
    });
    end();
    await over;
  });

  it('does not wait past the end of the lease for a database that hangs', async () => {
    const { attempt, over } = await begin();
    claims.meanwhile = () => new Promise(() => undefined);
    clock.time += 20_000;
    const step = attempt.step(20_000);
    clock.advance(10_000);
    await expect(step).rejects.toThrow(FenceLostError);
    await over;
  });

  it('does not begin on a claim that was long in coming, without a renewal', async () => {
    const take = claims.take.bind(claims);
    claims.take = async (...taking) => {
      const taken = await take(...taking);
      clock.time += 25_000;
      return taken;
    };
    job.act = async (attempt) => {
      expect((await chore()).work.leaseUntil).toBe(clock.now() + leaseMs);
      await job.end(attempt);
    };
    expect(await newWorker().work(job, 'a')).toEqual({ outcome: 'done', dueAt: null });
    expect(claims.renewals).toBe(1);
  });
});

describe('poison', () => {
  /** A worker that dies: it took the row, and is never heard of again. */
  const die = async (): Promise<void> => {
    await claims.take(job, 'a', clock.now(), clock.now() + leaseMs);
    clock.advance(leaseMs);
  };

  it('is a row that three workers died of, not two', async () => {
    await die();
    await die();
    job.act = (attempt) => job.wait(attempt, clock.now());
    await newWorker().work(job, 'a');
    expect(job.ran).toEqual(['a']);
    await die();
    expect(await newWorker().work(job, 'a')).toMatchObject({ outcome: 'failed', dueAt: null, error: 'PoisonError' });
    expect(job.ran).toEqual(['a']);
    expect(await chore()).toMatchObject({ state: 'poison', work: { starts: 5, finishes: 2 } });
  });

  it('is no row whose workers were shut down, or lost their lease and live', async () => {
    for (let time = 0; time < 4; time++) {
      const worker = newWorker();
      const begun = latch();
      job.act = (attempt) => {
        begun.open();
        return new Promise((_resolve, reject) => {
          attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason as Error));
        });
      };
      const over = worker.work(job, 'a');
      await begun.opened;
      if (time % 2 === 0) worker.stop();
      else {
        await source.manager.update(Chore, { id: 'a' }, { work: { fence: 100 + time, leaseUntil: null } });
        clock.advance(leaseMs);
      }
      await over;
    }
    expect((await chore()).work).toMatchObject({ starts: 4, finishes: 4 });
  });

  it('is no row whose attempts ended while the database was away: their workers live', async () => {
    const worker = newWorker();
    for (let outage = 0; outage < 4; outage++) {
      const settle = jest.spyOn(claims, 'settle').mockRejectedValue(new Error('the database is away'));
      expect(await worker.work(job, 'a')).toMatchObject({ outcome: 'failed' });
      settle.mockRestore();
      clock.advance(leaseMs);
    }
    expect(await worker.work(job, 'a')).toMatchObject({ outcome: 'done' });
    expect(await chore()).toMatchObject({ state: 'done', work: { starts: 5, finishes: 5 } });
  });

  it('is no row that was taken three times with the answer lost: nobody began', async () => {
    const worker = newWorker();
    for (let outage = 0; outage < 4; outage++) {
      const take = claims.take.bind(claims);
      const taking = jest.spyOn(claims, 'take').mockImplementation(async (...of) => {
        await take(...of);
        throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
      });
      expect(await worker.work(job, 'a')).toMatchObject({ outcome: 'failed' });
      taking.mockRestore();
      clock.advance(leaseMs);
    }
    expect(await worker.work(job, 'a')).toMatchObject({ outcome: 'done' });
    expect(job.ran).toEqual(['a']);
  });

  it('a row whose end cannot be written holds up no other', async () => {
    const worker = newWorker();
    await addChores(source, ['b'], clock.now());
    const { tableName } = source.getMetadata(Chore);
    await source.query(
      `create trigger locked before update of finishes on ${tableName} when old.id = 'a' ` +
        `begin select raise(abort, 'canceling statement due to statement timeout'); end`,
    );
    expect(await worker.work(job, 'a')).toMatchObject({ outcome: 'failed' });
    expect(await worker.work(job, 'b')).toMatchObject({ outcome: 'done' });
  });

  it('is no row that was worked off meanwhile', async () => {
    await die();
    await die();
    job.act = (attempt) => job.end(attempt, 'open', { kind: 'done', dueAt: clock.now() });
    await newWorker().work(job, 'a');
    await die();
    await newWorker().work(job, 'a');
    expect(job.ran).toHaveLength(2);
  });
});

describe('the sweeper', () => {
  it('goes through a backlog, instead of beginning anew with the rows that wait longest', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `row-${String(index).padStart(2, '0')}`);
    await source.manager.clear(Chore);
    await addChores(source, ids, clock.now());
    const dispatched: string[] = [];
    const dispatcher = new InProcessDispatcher(1);
    dispatcher.dispatch = ({ id }) => void dispatched.push(id);
    const settings = { sweepEveryMs: 2_000, sweepBatch: 2, leaseMs: 30_000, drainMs: 10_000, concurrency: 8 };
    const service = new WorkService(claims, newWorker(), dispatcher, clock, settings, newWatch());
    service.register(job);
    await service.start();
    await until(() => {
      clock.advance(2_000);
      return dispatched.length > 30;
    });
    await service.stop();
    expect(dispatched.slice(0, 30)).toEqual(ids);
    expect(ids).toContain(dispatched[30]);
  });
});
