import { afterEach, expect, it } from '@jest/globals';
import { Host } from '../life/host.js';

const source = (id: string): { type: string; id: string } => ({ type: 'invoice', id });

let host: Host;
afterEach(() => host.close());

it('[U1] resubmit is refused where exdata had the bytes and they were erased, and makes no generation', async () => {
  host = await Host.start();
  await host.sandbox.documents.finish(await host.pending('GONE-1'), { status: 'error' });
  await host.documents.waitFor(source('GONE-1'), { until: 'error', timeoutMs: 10_000 });
  await expect(host.uploads.resubmit(source('GONE-1'), { reason: 'again' })).rejects.toMatchObject({
    code: 'bytes_gone',
    retryable: false,
  });
  expect(await host.documents.generations(source('GONE-1'))).toHaveLength(1);
});

it('[E3] what exdata blocked for want of credits when it had the bytes already goes to a person once it is released', async () => {
  host = await Host.start();
  const exdataId = await host.pending('GONE-2');
  await host.sandbox.documents.finish(exdataId, { status: 'blocked', reason: 'insufficient_credits' });
  await host.handled('GONE-2');
  expect(await host.uploads.releaseHold()).toBe(true);
  const failed = await host.documents.waitFor(source('GONE-2'), { until: 'failed', timeoutMs: 20_000 });
  expect(failed).toMatchObject({ generation: 2, problem: { code: 'file_unreadable', retryAt: null }, work: { dueAt: null } });
  await host.until(() => host.pager.alerts.length === 2);
  expect(host.pager.alerts.map(({ kind, sourceId }) => [kind, sourceId])).toEqual([
    ['insufficient_credits', 'GONE-2'],
    ['document_failed', 'GONE-2'],
  ]);
});
