import { describe, expect, it } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import { describeWithRedisProgram } from '../services.js';
import { addChores, Chore, latch, until } from './chores.js';
import { Stage } from './stage.js';

const refusals = [
  { name: 'a read-only replica', begin: ['REPLICAOF', '127.0.0.1', '1'], end: ['REPLICAOF', 'NO', 'ONE'] },
  { name: 'out of memory', begin: ['CONFIG', 'SET', 'maxmemory', '1'], end: ['CONFIG', 'SET', 'maxmemory', '0'] },
] as const;

const ids = Array.from({ length: 12 }, (_, index) => `row-${String(index).padStart(2, '0')}`);

/** Keeps what is logged about Redis and the queues. */
class Log implements LoggerService {
  readonly lines: string[] = [];
  readonly warn = (message: unknown): void => void this.lines.push(String(message));
  readonly error = this.warn;
  readonly log = (message: unknown): void => {
    if (String(message).includes('Redis')) this.lines.push(String(message));
  };
  linesOf(beginning: string): string[] {
    return this.lines.filter((line) => line.startsWith(beginning));
  }
}

describeWithRedisProgram('a Redis that begins to refuse while jobs run', () => {
  describe.each(['bull', 'bullmq'] as const)('under %s', (kind) => {
    const stage = new Stage(kind);

    it.each(refusals)('as $name: no row is lost, none is worked twice, and it is one line', async ({ begin, end }) => {
      const log = new Log();
      await addChores(stage.source, ids);
      // A busy machine's Redis is not away: what is looked for here is a refusal.
      const site = await stage.start({ logger: log, queue: { commandTimeoutMs: 60_000 } });
      const [begun, gate] = [latch(), latch()];
      const waited = new Set<string>();
      site.job.act = async (attempt) => {
        const { id } = attempt.row;
        if (site.job.ran.length >= 4) begun.open();
        await gate.opened;
        // Every other row waits before it ends, which its queue is to be told as well.
        if (waited.has(id) || ids.indexOf(id) % 2 === 0) return site.job.end(attempt);
        waited.add(id);
        return site.job.wait(attempt, Date.now() + 20);
      };
      await Promise.all(ids.map((id) => site.dispatch(id)));
      await begun.opened;
      await stage.redis.command(...begin);
      gate.open();
      await until(() => log.lines.length > 0);
      // Those that ran have come to their end in the database, whatever the queue could be told.
      await until(() => stage.source.manager.existsBy(Chore, { state: 'done' }));
      for (const id of ids) await site.dispatch(id);
      expect(log.linesOf('Redis cannot be used')).toEqual([expect.stringMatching(/\((READONLY|OOM|UNBLOCKED)/)]);

      await stage.redis.command(...end);
      await until(() => stage.allOver());
      // A refusal that is heard after the last job is over with the next write that Redis takes.
      await until(async () => {
        await site.dispatch('row-00');
        return log.lines.includes('Redis answers again');
      });
      const runs = [...ids, ...ids.filter((_, index) => index % 2 === 1)];
      expect([...site.job.ran].sort()).toEqual(runs.sort());
      expect(site.faults).toEqual([]);
      expect(log.linesOf('Redis cannot be used')).toHaveLength(1);
      expect(log.linesOf('the queue reports').length).toBeLessThanOrEqual(1);
    });
  });
});
