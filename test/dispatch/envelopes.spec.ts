import { describe, expect, it } from '@jest/globals';
import { describeWithRedisProgram } from '../services.js';
import { addChores, choreOf, until } from './chores.js';
import { hasState, queueOf } from './queue-view.js';
import { Stage } from './stage.js';

/** Of a job whose row is `a`. */
const envelopes: Readonly<Record<string, unknown>> = {
  'as it was': { job: 'poll', id: 'a' },
  empty: {},
  'with fields of others': { job: 'poll', id: 'a', tenant: 'acme', traceparent: '00-1' },
  'without the kind': { id: 'a' },
  'of another kind': { job: 'upload', id: 'a' },
  'of no kind': { job: 'constructor', id: 'a' },
  'of another row': { job: 'poll', id: 'b' },
  'with numbers': { job: 7, id: 8 },
  wrapped: { data: { job: 'poll', id: 'a' } },
  'with the keys of a prototype': JSON.parse(
    '{"__proto__":{"job":"poll","id":"b"},"constructor":{"prototype":{"id":"b"}}}',
  ) as unknown,
  'an array': ['poll', 'a'],
  text: 'poll a',
};

describeWithRedisProgram('what a queue hands over in another shape', () => {
  describe.each(['bull', 'bullmq'] as const)('over %s', (kind) => {
    const stage = new Stage(kind);
    const put = async (name: string, data: unknown, jobId: string): Promise<void> => {
      const built = await stage.build();
      // Both packages add a job the same way, whatever its data.
      const queue = queueOf(built) as { add(name: string, data: unknown, options: object): Promise<unknown> };
      await queue.add(name, data, { jobId, attempts: 1_000 });
    };

    it.each(Object.keys(envelopes))('%s: the row is worked on once', async (shape) => {
      await addChores(stage.source, ['a', 'b']);
      await put('poll', envelopes[shape], 'poll-a');
      const site = await stage.start({ sweepEveryMs: 3_600_000 });
      await until(async () => (await choreOf(stage.source, 'a')).state === 'done');
      await until(() => hasState(site, 'a', 'completed'));
      expect(site.job.ran.filter((id) => id === 'a')).toEqual(['a']);
      expect(site.faults).toEqual([]);
    });

    it('a job that is none of ours fails once, under whatever name, and holds nothing up', async () => {
      await put('poll', { hello: 'world' }, 'poll-');
      await put('else', { hello: 'world' }, 'somebody-else');
      const site = await stage.start({ sweepEveryMs: 3_600_000 });
      await addChores(stage.source, ['a']);
      await site.dispatch('a');
      await until(async () => (await choreOf(stage.source, 'a')).state === 'done');
      await until(async () => (await queueOf(site).getFailedCount()) === 2);
      const failed = await queueOf(site).getFailed();
      expect(failed.map(({ attemptsMade }) => attemptsMade)).toEqual([1, 1]);
    });
  });
});
