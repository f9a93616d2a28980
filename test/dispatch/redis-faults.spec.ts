import { describe, expect, it } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import { FenceLostError } from '../../libs/exdata/src/dispatch/index.js';
import { describeWithRedisProgram } from '../services.js';
import { addChores, Chore, choreOf, latch, until } from './chores.js';
import { jobOf, queueOf } from './queue-view.js';
import { Stage } from './stage.js';

const never = 3_600_000;
const rows = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `row-${String(index).padStart(3, '0')}`);

/** Keeps what is logged about Redis. */
class Log implements LoggerService {
  readonly lines: string[] = [];
  readonly warn = (message: unknown): void => void this.lines.push(`warn: ${String(message)}`);
  readonly log = (message: unknown): void => {
    if (String(message).includes('Redis')) this.lines.push(`log: ${String(message)}`);
  };
  readonly error = this.warn;
}

describeWithRedisProgram('a Redis that fails', () => {
  describe.each(['bull', 'bullmq'] as const)('under %s', (kind) => {
    const stage = new Stage(kind);

    it('loses its data in mid-flight: no row is lost, none is worked twice', async () => {
      const ids = rows(40);
      await addChores(stage.source, ids);
      const site = await stage.start();
      const begun = latch();
      const gate = latch();
      site.job.act = async (attempt) => {
        begun.open();
        await gate.opened;
        await site.job.end(attempt);
      };
      await Promise.all(ids.map((id) => site.dispatch(id)));
      await begun.opened;
      await stage.redis.command('FLUSHALL');
      gate.open();
      await until(() => stage.allOver());
      expect([...site.job.ran].sort()).toEqual(ids);
      expect(await stage.source.manager.countBy(Chore, { work: { starts: 1, finishes: 1 } })).toBe(ids.length);
    });

    it('goes away and comes back: dispatching waits for nobody, is logged once, and goes on by itself', async () => {
      const log = new Log();
      const site = await stage.start({ logger: log, sweepEveryMs: 200 });
      await addChores(stage.source, ['before']);
      await site.dispatch('before');
      await until(() => stage.allOver());
      log.lines.length = 0;
      await stage.redis.stop();

      const ids = rows(50);
      await addChores(stage.source, ids);
      for (const id of ids) await site.dispatch(id);
      expect(site.job.ran).toEqual(['before']);
      expect(log.lines).toEqual([expect.stringContaining('warn: Redis cannot be used')]);

      await stage.redis.start();
      await until(() => stage.allOver());
      expect([...site.job.ran].sort()).toEqual(['before', ...ids]);
      await until(() => log.lines.includes('log: Redis answers again'));
      expect(site.faults).toEqual([]);
    });

    it('is not there at the start: the process starts, and works once it is', async () => {
      await stage.redis.stop();
      await addChores(stage.source, ['a']);
      const site = await stage.start({ queue: { commandTimeoutMs: 100 } });
      await site.dispatch('a');
      expect(site.job.ran).toEqual([]);
      await stage.redis.start();
      await until(() => stage.allOver());
      expect(site.job.ran).toEqual(['a']);
    });

    it('is away at the end: the process ends all the same', async () => {
      await addChores(stage.source, ['a']);
      const site = await stage.start({ queue: { commandTimeoutMs: 100 } });
      const begun = latch();
      site.job.act = ({ signal }) => {
        begun.open();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      };
      await begun.opened;
      await stage.redis.stop();
      await site.stop();
      await site.stop();
      expect((await choreOf(stage.source, 'a')).work).toMatchObject({ finishes: 1, failures: 0, leaseUntil: null });
    });

    it.each(['start', 'build'] as const)(
      'is away at the end, with a command that waits for it: the process ends all the same (%s)',
      async (begin) => {
        const log = new Log();
        const site = await stage[begin]({ logger: log, queue: { commandTimeoutMs: 100 } });
        await queueOf(site).count();
        await stage.redis.stop();
        await until(() => log.lines.length > 0);
        // The host's own code asks, and does not know either. Its answer may never come, and is not waited for.
        queueOf(site)
          .count()
          .catch(() => undefined);
        await site.stop();
      },
    );

    it('never was there: the process ends all the same', async () => {
      await stage.redis.stop();
      const site = await stage.start({ queue: { commandTimeoutMs: 100 } });
      await site.dispatch('a');
      await site.stop();
    });

    it('gives the job of a stalled worker to another, and the late write of the first is fenced off', async () => {
      await addChores(stage.source, ['a']);
      // The lock of a job as good as never renewed, as of a process that has no turn to do it in.
      const renewed = { lockDuration: 300, lockRenewTime: 2 ** 30, stalledInterval: 100 };
      const queue =
        kind === 'bull'
          ? { queue: { settings: renewed }, worker: { concurrency: 1 } }
          : { worker: { concurrency: 1, ...renewed } };
      const one = await stage.start({ leaseMs: 500, sweepEveryMs: never, stalled: true, queue });
      const begun = latch();
      const gate = latch();
      one.job.act = async (attempt) => {
        begun.open();
        await gate.opened;
        await one.job.end(attempt, 'by the late one');
      };
      await one.dispatch('a');
      await begun.opened;

      const two = await stage.start({ leaseMs: 30_000, queue });
      await until(() => stage.allOver());
      expect(two.job.ran).toEqual(['a']);
      gate.open();
      await until(() => one.faults.length > 0);
      expect(one.faults.map(({ error }) => error)).toEqual([expect.any(FenceLostError)]);
      expect(await choreOf(stage.source, 'a')).toMatchObject({
        state: 'done',
        work: { starts: 2, finishes: 2, lastError: null },
      });
      await until(async () => (await jobOf(two, 'a'))?.state === 'completed');
    });
  });
});
