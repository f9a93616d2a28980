import { describe, expect, it } from '@jest/globals';
import { describeWithRedisProgram } from '../services.js';
import { addChores, Chore, choreOf, until } from './chores.js';
import { hasState, jobOf, queueOf } from './queue-view.js';
import { Stage } from './stage.js';

const hour = 3_600_000;

describeWithRedisProgram('jobs in a queue', () => {
  describe.each(['bull', 'bullmq'] as const)('of %s', (kind) => {
    const stage = new Stage(kind);

    it('show what became of their rows, and nothing more', async () => {
      await addChores(stage.source, ['done', 'waits', 'parked', 'fails', 'dead']);
      const site = await stage.start({ retryFirstMs: hour });
      site.job.act = async (attempt) => {
        const { id } = attempt.row;
        if (id === 'waits') await site.job.wait(attempt, Date.now() + hour);
        else if (id === 'parked') await site.job.wait(attempt, null);
        else if (id === 'fails') throw new RangeError('a reason that may tell too much');
        else if (id === 'dead') await site.job.giveUp(attempt, new RangeError('a reason that may tell too much'));
        else await site.job.end(attempt);
      };
      const states = { done: 'completed', waits: 'delayed', parked: 'delayed', fails: 'delayed', dead: 'failed' };
      for (const [row, state] of Object.entries(states)) await until(() => hasState(site, row, state));
      const views = await Promise.all(Object.keys(states).map((row) => jobOf(site, row)));
      const [, waits, parked, fails, dead] = views;
      // Waiting is no failure, and burns no attempt of the queue.
      expect(waits).toMatchObject({ attempts: 0, data: { job: 'poll', id: 'waits' } });
      expect(waits?.reason).toBeUndefined();
      expect(parked).toMatchObject({ attempts: 0 });
      expect(fails).toMatchObject({ attempts: 1, reason: expect.stringContaining('RangeError') });
      expect(dead).toMatchObject({ attempts: 1, reason: expect.stringContaining('RangeError') });
      expect(JSON.stringify(views)).not.toContain('too much');
      expect(await queueOf(site).getFailedCount()).toBe(1);
    });

    it('are one for each row, however often it is dispatched', async () => {
      await addChores(stage.source, ['a', 'b']);
      const built = await stage.build();
      for (const id of ['a', 'b']) await Promise.all(Array.from({ length: 20 }, () => built.dispatch(id)));
      expect(await queueOf(built).getWaitingCount()).toBe(2);
    });

    it('of a row that is woken are not held up by the wait of before', async () => {
      await addChores(stage.source, ['a']);
      const site = await stage.start({ sweepEveryMs: hour, retryFirstMs: hour });
      let attempts = 0;
      site.job.act = async (attempt) => {
        attempts++;
        if (attempts === 1) throw new Error('once');
        if (attempts === 2) await site.job.wait(attempt, null);
        else await site.job.end(attempt);
      };
      for (const attempt of [1, 2]) {
        await until(async () => attempts === attempt && (await choreOf(stage.source, 'a')).work.finishes === attempt);
        await until(() => hasState(site, 'a', 'delayed'));
        await stage.source.manager.update(Chore, { id: 'a' }, { work: { dueAt: Date.now() } });
        await site.dispatch('a');
      }
      await until(async () => (await choreOf(stage.source, 'a')).state === 'done');
      expect(attempts).toBe(3);
    });

    it('keep to the attempts and the backoff of the host', async () => {
      await addChores(stage.source, ['a']);
      const site = await stage.start({ queue: { jobs: { attempts: 2, backoff: { type: 'fixed', delay: hour } } } });
      site.job.act = () => Promise.reject(new Error('always'));
      await until(() => hasState(site, 'a', 'delayed'));
      // The row is due again after 20 ms; the sweeper sees it, and leaves its job to the host's backoff.
      await until(async () => ((await choreOf(stage.source, 'a')).work.dueAt ?? Infinity) < Date.now());
      await site.dispatch('a');
      expect(await jobOf(site, 'a')).toMatchObject({ state: 'delayed', attempts: 1 });
      expect(site.job.ran).toEqual(['a']);
    });

    it('that have used up the attempts of the host show as failed; the row goes on with a new one', async () => {
      await addChores(stage.source, ['a']);
      const site = await stage.start({ queue: { jobs: { attempts: 1 } }, sweepEveryMs: hour });
      site.job.act = () => Promise.reject(new Error('once'));
      await until(() => hasState(site, 'a', 'failed'));
      site.job.act = (attempt) => site.job.end(attempt);
      await until(async () => ((await choreOf(stage.source, 'a')).work.dueAt ?? Infinity) < Date.now());
      await site.dispatch('a');
      await until(() => hasState(site, 'a', 'completed'));
      expect(site.job.ran).toEqual(['a', 'a']);
    });

    it('are kept or removed, and named, as the host says', async () => {
      await addChores(stage.source, ['a']);
      const site = await stage.start({
        queue: { queue: { name: 'papers', prefix: 'shop' }, queues: { poll: {} }, jobs: { removeOnComplete: true } },
      });
      site.job.act = async (attempt) => {
        expect(await stage.redis.command('EXISTS', 'shop:papers-poll:poll-a')).toBe(':1\r\n');
        await site.job.end(attempt);
      };
      await until(async () => (await choreOf(stage.source, 'a')).state === 'done');
      await until(async () => (await stage.redis.command('EXISTS', 'shop:papers-poll:poll-a')) === ':0\r\n');
      expect(await jobOf(site, 'a', 'papers-poll')).toBeNull();
      expect(site.faults).toEqual([]);
    });

    it('are held back by the limiter of the host', async () => {
      await addChores(stage.source, ['a', 'b', 'c']);
      const limiter = { max: 1, duration: hour };
      const queue = kind === 'bull' ? { queue: { limiter } } : { worker: { limiter } };
      const site = await stage.start({ queue });
      await until(async () => (await queueOf(site).getCompletedCount()) === 1);
      const held = await Promise.all([queueOf(site).getWaitingCount(), queueOf(site).getDelayedCount()]);
      expect(held[0] + held[1]).toBe(2);
      expect(site.job.ran).toHaveLength(1);
    });

    it('get no queue of their own by a wrong name: the start says which one may have been meant', async () => {
      const queues: object = { uploads: {} };
      const starting = stage.build({ queue: { queues } });
      await expect(starting).rejects.toThrow(
        /Exdata\w+Module: `queues` names 'uploads'; it may name upload, .* Did you mean 'upload'\?/,
      );
    });

    it('that are none of ours fail, and harm nothing', async () => {
      await addChores(stage.source, ['a']);
      const site = await stage.start();
      const alien = await queueOf(site).add('poll', { secret: 1 }, { jobId: 'alien' });
      await until(() => hasState(site, 'a', 'completed'));
      await until(async () => (await alien.getState()) === 'failed');
      expect(await queueOf(site).getJob('alien')).toMatchObject({
        failedReason: expect.stringContaining('names no row'),
      });
      expect(site.job.ran).toEqual(['a']);
    });
  });
});
