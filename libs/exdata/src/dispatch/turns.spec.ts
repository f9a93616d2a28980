import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { addChores, Chore, ChoreJob, until, workerOf } from '../../../../test/dispatch/chores.js';
import { transactionsFor } from '../persistence/index.js';
import { AccountsLeft, Claims, systemClock, Waker, WorkService, WorkWatch } from './index.js';
import type { ExdataDispatcher, ExdataTransactions, ExdataJobRef, ExdataWorkRef } from './index.js';
import { Turns } from './turns.js';

let source: DataSource;
let transactions: ExdataTransactions;
/** Turns of the event loop so far. */
let turn = 0;
let counting: NodeJS.Immediate;
const count = (): void => {
  turn++;
  counting = setImmediate(count);
};

beforeEach(async () => {
  source = await new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [Chore],
    synchronize: true,
  }).initialize();
  transactions = transactionsFor(source);
  count();
});
afterEach(async () => {
  clearImmediate(counting);
  await source.destroy();
});

/** Hands everything over at once. */
class Flood implements ExdataDispatcher {
  readonly shared = false;
  work: ExdataWorkRef | undefined;
  start(work: ExdataWorkRef): void {
    this.work = work;
  }
  dispatch(ref: ExdataJobRef): void {
    void this.work?.(ref);
  }
  stop(): Promise<void> {
    return Promise.resolve();
  }
}

it('between any two jobs the event loop turns, whatever the dispatcher hands over at once', async () => {
  const ids = Array.from({ length: 40 }, (_, at) => `row-${String(at)}`);
  await addChores(source, ids);
  const claims = new Claims(source, transactions, 'test', new AccountsLeft());
  const watch = new WorkWatch(
    systemClock,
    () => 1,
    transactions,
    () => undefined,
  );
  const worker = workerOf({
    claims,
    transactions,
    clock: systemClock,
    leaseMs: 30_000,
    retry: { firstMs: 1, maxMs: 1, totalMs: 1 },
    watch,
  });
  const began: number[] = [];
  const take = claims.take.bind(claims);
  claims.take = (...row) => {
    began.push(turn);
    return take(...row);
  };
  const flood = new Flood();
  const service = new WorkService(
    claims,
    worker,
    flood,
    systemClock,
    { sweepEveryMs: 3_600_000, sweepBatch: 10, leaseMs: 30_000, drainMs: 1, concurrency: 8 },
    watch,
  );
  service.register(new ChoreJob(transactions));
  await service.start();
  await new Waker(flood, watch).dispatchAll(ids.map((id) => ({ job: 'poll', id })));
  await until(async () => !(await source.manager.existsBy(Chore, { state: 'open' })));
  await service.stop();
  expect(began.length).toBeGreaterThanOrEqual(ids.length);
  expect(new Set(began).size).toBe(began.length);
});

it('between two transactions on a synchronous driver the event loop turns', async () => {
  const began: number[] = [];
  await Promise.all(Array.from({ length: 20 }, () => transactions.run(() => Promise.resolve(began.push(turn)))));
  expect(new Set(began).size).toBe(20);
});

it('what can wait goes after what cannot, and is not forgotten', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const take = async (name: string, canWait: boolean): Promise<void> => {
    await turns.mine(canWait);
    order.push(name);
  };
  const waiting = Array.from({ length: 3 }, () => take('later', true));
  await Promise.all([...waiting, ...Array.from({ length: 14 }, () => take('soon', false))]);
  expect(order.slice(0, 8)).toEqual([...Array.from({ length: 7 }, () => 'soon'), 'later']);
  expect(order.filter((name) => name === 'later')).toHaveLength(3);
});
