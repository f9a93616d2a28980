import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import BullQueue from 'bull';
import { Queue } from 'bullmq';
import { BullLine } from '../../libs/exdata/src/dispatch/bull/bull.line.js';
import { BullMqLine } from '../../libs/exdata/src/dispatch/bullmq/bullmq.line.js';
import { systemClock } from '../../libs/exdata/src/dispatch/index.js';
import type { ExdataClock } from '../../libs/exdata/src/dispatch/index.js';
import type { QueueLine } from '../../libs/exdata/src/dispatch/queue.dispatcher.js';
import { redisBackoff, RedisGate } from '../../libs/exdata/src/dispatch/redis-gate.js';
import { describeWithRedisProgram, TestRedis } from '../services.js';
import { until } from './chores.js';
import { TestClock } from './test-clock.js';

const hour = 3_600_000;
/** Round trips of another client, in which a worker that does not rest would have asked as often. */
const someWhile = 200;

const refusals = [
  {
    name: 'a read-only replica',
    begin: ['REPLICAOF', '127.0.0.1', '1'],
    end: ['REPLICAOF', 'NO', 'ONE'],
    says: 'READONLY',
  },
  {
    name: 'out of memory',
    begin: ['CONFIG', 'SET', 'maxmemory', '1'],
    end: ['CONFIG', 'SET', 'maxmemory', '0'],
    says: 'OOM',
  },
] as const;

describeWithRedisProgram('a Redis that refuses', () => {
  let redis: TestRedis;
  let clock: TestClock;
  let gate: RedisGate;
  let lines: string[];
  let worked: string[];
  let close: () => Promise<void>;

  beforeAll(async () => (redis = await TestRedis.start()));
  afterAll(() => redis.stop());
  const gateOn = (time: ExdataClock): RedisGate => {
    const tell = (line: string): void => void lines.push(line);
    return new RedisGate(100, time, () => 1, { log: tell, warn: tell });
  };
  beforeEach(async () => {
    await redis.stop();
    await redis.start();
    clock = new TestClock();
    [lines, worked] = [[], []];
    gate = gateOn(clock);
  });
  afterEach(() => close());

  // ioredis keeps a timer of this length for a connection that is gone already.
  const connection = (): object => ({ host: '127.0.0.1', port: redis.port, disconnectTimeout: 50 });
  /** How often scripts and blocking reads were asked for, answered or not. */
  const asked = async (): Promise<number> => {
    const stats = await redis.command('INFO', 'commandstats');
    const counts = /^cmdstat_(?:eval|evalsha|brpoplpush|bzpopmin):calls=(\d+).*?rejected_calls=(\d+)/gm;
    return [...stats.matchAll(counts)].reduce((sum, [, calls, rejected]) => sum + Number(calls) + Number(rejected), 0);
  };
  const someTime = async (): Promise<void> => {
    for (let turn = 0; turn < someWhile; turn++) await redis.command('PING');
  };
  const work = ({ id }: { id: string }): Promise<{ outcome: 'done'; dueAt: null }> => {
    worked.push(id);
    return Promise.resolve({ outcome: 'done', dueAt: null });
  };
  const ref = (id: string): { job: string; id: string } => ({ job: 'chore', id });

  function bullmq(extra: object = {}): { line: QueueLine; queue: Queue } {
    const queue = new Queue('exdata', { connection: { ...connection(), ...extra } });
    const line = new BullMqLine(queue, { worker: { skipStalledCheck: true, drainDelay: 1 } }, gate, clock);
    close = () => line.stop().then(() => queue.close());
    return { line, queue };
  }
  function bull(extra: object = {}): { line: QueueLine; queue: BullQueue.Queue } {
    const settings = { stalledInterval: hour, retryProcessDelay: 1, guardInterval: 1 };
    const queue = new BullQueue('exdata', { redis: { ...connection(), ...extra }, settings });
    const line = new BullLine(queue, undefined, {}, gate, clock);
    close = () => line.stop().then(() => queue.close());
    return { line, queue };
  }

  describe.each(refusals)('as $name', ({ begin, end, says }) => {
    it('is left alone by an idle BullMQ worker for longer from time to time, and costs a line a minute', async () => {
      const { line } = bullmq();
      await redis.command(...begin);
      line.start(work);
      await until(() => lines.length > 0);
      expect(lines).toEqual([expect.stringMatching(new RegExp(`^Redis cannot be used \\(${says}`))]);
      let before = await asked();
      await someTime();
      expect((await asked()) - before).toBeLessThanOrEqual(2);

      for (const rest of [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000]) {
        await until(() => clock.waiting > 0);
        before = await asked();
        clock.advance(rest - 1);
        await someTime();
        expect((await asked()) - before).toBeLessThanOrEqual(2);
        clock.advance(1);
        await until(async () => (await asked()) > before && clock.waiting > 0);
      }
      expect(lines).toHaveLength(1);
      const [fault] = gate.faults();
      expect(fault).toMatchObject({ kind: 'redis', since: 1_000_000 });
      clock.advance(15_000);
      await until(() => clock.waiting > 0);
      clock.advance(15_000);
      await until(() => lines.length === 2);
      expect(lines[1]).toMatch(/, \d+ times since the last line;/);

      await redis.command(...end);
      await until(() => clock.waiting > 0);
      clock.advance(15_000);
      await line.wake(ref('a'));
      await until(() => worked.length > 0);
      expect(lines.slice(2)).toEqual(['Redis answers again']);
      expect(gate.faults()).toEqual([]);
    });

    it('is left alone by idle Bull workers', async () => {
      const { line } = bull();
      await redis.command(...begin);
      line.start(work);
      await until(() => lines.length > 0);
      // Each of its eight workers fails once, and so does its look at delayed jobs.
      await until(async () => (await asked()) >= 9);
      const began = performance.now();
      const before = await asked();
      await someTime();
      const after = await asked();
      // Bull rests by timers of its own. However many rests a busy machine takes for it, each of them asks once in one.
      const rests = 1 + Math.floor((performance.now() - began) / redisBackoff.firstMs);
      expect(after - before).toBeLessThanOrEqual(9 * rests);
      expect(lines).toEqual([expect.stringMatching(new RegExp(`^Redis cannot be used \\(${says}`))]);
      expect(gate.faults()).toMatchObject([{ kind: 'redis' }]);

      await redis.command(...end);
      clock.advance(15_000);
      await line.wake(ref('a'));
      await until(() => worked.length > 0);
      expect(lines.slice(1)).toEqual(['Redis answers again']);
    });

    it.each([
      ['BullMQ', bullmq],
      ['Bull', bull],
    ] as const)('is asked once for a thousand dispatches over %s, and again when it is time', async (_name, make) => {
      const { line } = make();
      await line.wake(ref('first'));
      await redis.command(...begin);
      const before = await asked();
      for (let row = 0; row < 1_000; row++) await line.wake(ref(`row-${row}`));
      const once = (await asked()) - before;
      expect(once).toBeGreaterThan(0);
      expect(once).toBeLessThanOrEqual(3);
      expect(lines).toHaveLength(1);
      clock.advance(250);
      for (let row = 0; row < 1_000; row++) await line.wake(ref(`row-${row}`));
      expect((await asked()) - before).toBeGreaterThan(once);
      expect((await asked()) - before).toBeLessThanOrEqual(once + 3);
      expect(lines).toHaveLength(1);
      await redis.command(...end);
    });
  });

  it('for a wrong password is connected to less and less by Bull, and costs a line a minute', async () => {
    await redis.command('CONFIG', 'SET', 'requirepass', 'right');
    gate = gateOn(systemClock);
    const { line, queue } = bull({ password: 'wrong' });
    const waits: number[] = [];
    queue.client.on('reconnecting', (wait: number) => waits.push(wait));
    line.start(work);
    await until(() => waits.length >= 3);
    expect(waits.slice(0, 3)).toEqual([250, 500, 1_000]);
    expect(lines).toEqual([expect.stringContaining('WRONGPASS')]);
    await redis.stop();
  });

  it('for a wrong password costs one line under BullMQ, however often its host has it connect', async () => {
    await redis.command('CONFIG', 'SET', 'requirepass', 'right');
    gate = gateOn(systemClock);
    const { line, queue } = bullmq({ password: 'wrong', retryStrategy: () => 20 });
    let errors = 0;
    queue.on('error', () => errors++);
    line.start(work);
    await until(() => errors >= 20);
    expect(lines).toEqual([expect.stringContaining('WRONGPASS')]);
    await redis.stop();
  });
});
