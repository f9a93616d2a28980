import { describe, expect, it } from '@jest/globals';
import { describeWithRedisProgram } from '../services.js';
import { addChores, Chore, choreOf, latch, until } from './chores.js';
import type { DispatcherKind } from './site.js';
import { Stage } from './stage.js';

const never = 3_600_000;

/** What must hold of every dispatcher: a row is worked once, whatever becomes of its dispatch. */
export function itKeepsTheContract(kind: DispatcherKind): void {
  const suite = kind === 'in process' ? describe : describeWithRedisProgram;
  suite(`work ${kind === 'in process' ? kind : `over ${kind}`}`, () => {
    const stage = new Stage(kind);
    const allOver = (): Promise<boolean> => stage.allOver();

    it('says whether other processes may do the work', async () => {
      expect((await stage.build()).dispatcher.shared).toBe(kind !== 'in process');
    });

    it('works many rows, each once', async () => {
      const ids = Array.from({ length: 200 }, (_, index) => `row-${String(index)}`);
      await addChores(stage.source, ids);
      const site = await stage.start({ sweepEveryMs: never });
      await Promise.all(ids.map((id) => site.dispatch(id)));
      await until(allOver);
      expect([...site.job.ran].sort()).toEqual([...ids].sort());
    });

    it('works a row once that is dispatched and delivered several times', async () => {
      await addChores(stage.source, ['a']);
      const site = await stage.start();
      await Promise.all([
        ...Array.from({ length: 10 }, () => site.dispatch('a')),
        ...Array.from({ length: 5 }, () => site.deliver('a')),
      ]);
      await until(allOver);
      expect(site.job.ran).toEqual(['a']);
      expect(await choreOf(stage.source, 'a')).toMatchObject({ work: { starts: 1, finishes: 1 } });
    });

    it('does nothing for a row that is delivered when all is done', async () => {
      await addChores(stage.source, ['a']);
      const site = await stage.start();
      await until(allOver);
      expect(await site.deliver('a')).toEqual({ outcome: 'nothing', dueAt: null });
      expect(site.job.ran).toEqual(['a']);
    });

    it('works a row whose dispatch never came', async () => {
      const site = await stage.start();
      await addChores(stage.source, ['a']);
      await until(allOver);
      expect(site.job.ran).toEqual(['a']);
    });

    it('works a row again that has further work after it was worked off', async () => {
      await addChores(stage.source, ['a']);
      const site = await stage.start({ sweepEveryMs: never });
      await until(() => site.reportsOn('a').length === 1);
      await stage.source.manager.update(Chore, { id: 'a' }, { state: 'open', work: { dueAt: Date.now() } });
      await site.dispatch('a');
      // A job that is just being ended in the queue swallows the dispatch; then it is asked for again, as the sweeper
      // would.
      await until(async () => (await allOver()) || site.dispatch('a').then(() => false));
      expect(site.job.ran).toEqual(['a', 'a']);
    });

    it('works as many rows at once as it is told, and no more', async () => {
      const gate = latch();
      const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
      await addChores(stage.source, ids);
      const site = await stage.start();
      let running = 0;
      let most = 0;
      site.job.act = async (attempt) => {
        most = Math.max(most, ++running);
        await gate.opened;
        running--;
        await site.job.end(attempt);
      };
      await until(() => running === 4);
      gate.open();
      await until(allOver);
      expect(most).toBe(4);
      expect([...site.job.ran].sort()).toEqual(ids);
    });

    it('leaves a row alone that is not due, until it is', async () => {
      await addChores(stage.source, ['later'], Date.now() + never);
      const site = await stage.start();
      await site.dispatch('later');
      await until(() => site.reportsOn('later').length > 0);
      expect(site.reportsOn('later')).toEqual([
        { outcome: 'waiting', dueAt: (await choreOf(stage.source, 'later')).work.dueAt },
      ]);
      expect(site.job.ran).toEqual([]);
      await stage.source.manager.update(Chore, { id: 'later' }, { work: { dueAt: Date.now() } });
      await until(allOver);
      expect(site.job.ran).toEqual(['later']);
    });

    it('parks a row, and goes on with it when it is woken', async () => {
      await addChores(stage.source, ['a']);
      const site = await stage.start();
      site.job.act = (attempt) => site.job.wait(attempt, null);
      await until(() => site.reportsOn('a').length > 0);
      expect(site.reportsOn('a')).toMatchObject([{ outcome: 'parked', dueAt: null }]);
      expect((await choreOf(stage.source, 'a')).work).toMatchObject({ dueAt: null, failures: 0, leaseUntil: null });
      site.job.act = (attempt) => site.job.end(attempt);
      await stage.source.manager.update(Chore, { id: 'a' }, { work: { dueAt: Date.now() } });
      await site.dispatch('a');
      await until(allOver);
      expect(site.job.ran).toEqual(['a', 'a']);
    });

    it('repeats an attempt that failed, and gives up in the end', async () => {
      await addChores(stage.source, ['heals', 'dies']);
      const site = await stage.start();
      const tries = new Map<string, number>();
      site.job.act = async (attempt) => {
        const { id } = attempt.row;
        const tried = (tries.get(id) ?? 0) + 1;
        tries.set(id, tried);
        if (id === 'dies' || tried < 3) throw new RangeError('the reason, which may tell too much');
        await site.job.end(attempt);
      };
      await until(allOver);
      // The schedule lasts for three waits; with all their jitter taken away four make them up.
      expect(Object.fromEntries(tries)).toEqual({ heals: 3, dies: 5 });
      expect((await choreOf(stage.source, 'heals')).state).toBe('done');
      expect((await choreOf(stage.source, 'dies')).state).toBe('dead');
      expect(site.reportsOn('dies').filter(({ outcome }) => outcome === 'failed')).toHaveLength(5);
      expect(JSON.stringify(site.reports)).not.toContain('too much');
    });

    it('ends what runs when it is stopped, begins nothing further, and may be stopped twice', async () => {
      await addChores(stage.source, ['a']);
      const site = await stage.start();
      const begun = latch();
      site.job.act = ({ signal }) => {
        begun.open();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      };
      await begun.opened;
      await Promise.all([site.service.stop(), site.service.stop()]);
      await site.service.stop();
      // Ended in good order: no death, no failed attempt, and due for whoever comes next.
      const { work } = await choreOf(stage.source, 'a');
      expect(work).toMatchObject({ starts: 1, finishes: 1, failures: 0, leaseUntil: null, lastError: 'shutdown' });
      await addChores(stage.source, ['b']);
      await site.dispatch('b');
      expect(site.job.ran).toEqual(['a']);

      const next = await stage.start();
      await until(allOver);
      expect([...next.job.ran].sort()).toEqual(['a', 'b']);
    });

    it('shares the rows of one database between processes', async () => {
      const ids = Array.from({ length: 60 }, (_, index) => `row-${String(index)}`);
      const [one, two] = await Promise.all([stage.start(), stage.start()]);
      await addChores(stage.source, ids);
      await Promise.all(ids.flatMap((id) => [one.dispatch(id), two.dispatch(id)]));
      await until(allOver);
      expect([...one.job.ran, ...two.job.ran].sort()).toEqual([...ids].sort());
    });
  });
}
