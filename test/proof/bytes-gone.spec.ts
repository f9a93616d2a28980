import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { StormHost } from '../faults/storm-host.js';
import { Host } from '../life/host.js';
import { patienceMs } from '../until.js';

const source = (id: string): { type: string; id: string } => ({ type: 'invoice', id });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'exdata-bytes-gone-'));
});
afterAll(() => rm(folder, { recursive: true }));

let host: Host;
afterEach(() => host.close());

it('[U1] resubmit is refused where exdata had the bytes and they were erased, and makes no generation', async () => {
  host = await Host.start();
  await host.sandbox.documents.finish(await host.pending('GONE-1'), { status: 'error' });
  await host.documents.waitFor(source('GONE-1'), { until: 'error', timeoutMs: patienceMs });
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
  const failed = await host.documents.waitFor(source('GONE-2'), { until: 'failed', timeoutMs: patienceMs });
  expect(failed).toMatchObject({
    generation: 2,
    problem: { code: 'bytes_gone', retryAt: null },
    work: { dueAt: null },
  });
  await host.until(() => host.pager.alerts.length === 2);
  expect(host.pager.alerts.map(({ kind, sourceId }) => [kind, sourceId])).toEqual([
    ['insufficient_credits', 'GONE-2'],
    ['document_failed', 'GONE-2'],
  ]);
  // They were erased as they should be.
  expect(host.lines.filter((line) => line.startsWith('spool.'))).toEqual([]);
});

it.each(['directory', 'database'] as const)(
  '[U1] bytes that the %s lost are a fault of the spool, in the log and in health',
  async (spool) => {
    const storm = await StormHost.start({ options: { upload: { spool, spoolDirectory: path.join(folder, spool) } } });
    ({ host } = storm);
    const takeBack = host.sandbox.faults.request(requestFaults.unavailable(), { times: Infinity });
    await storm.submit('LOST');
    await host.until(async () =>
      (await host.documents.history(source('LOST'))).some(({ what }) => what === 'upload.retry'),
    );
    if (spool === 'directory')
      for (const name of await readdir(path.join(folder, spool))) await rm(path.join(folder, spool, name));
    else await host.database.query('update exdata_spool set first = null');
    takeBack();
    // exdata had asked for patience.
    storm.clock.skip(60_000);
    await host.until(() => storm.linesOf('spool.failed').length > 0);
    expect(storm.linesOf('spool.failed')).toEqual([
      expect.stringMatching(/code=bytes_gone why="the bytes are not there \(ENOENT\)" count=1$/),
    ]);
    expect(await storm.health()).toMatchObject({
      status: 'up',
      faults: expect.arrayContaining([expect.objectContaining({ kind: 'spool' })]),
    });
    const failed = await host.documents.waitFor(source('LOST'), { until: 'failed', timeoutMs: patienceMs });
    expect(failed.problem).toMatchObject({ code: 'bytes_gone', retryAt: null });
    expect(storm.linesOf('spool.failed')).toHaveLength(1);
    expect(storm.linesOf('upload.retry')).toEqual([]);
  },
);
