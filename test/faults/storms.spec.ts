import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ExdataSpoolError, EXDATA_CLOCK } from 'nestjs-exdata';
import type { ExdataSubmission } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { ExdataHealthIndicator, ExdataHealthModule } from 'nestjs-exdata/terminus';
import { Host } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { StormHost } from './storm-host.js';

const count = 12;
const ids = Array.from({ length: count }, (_, index) => `doc-${index}`);

describe('a fault that meets many documents', () => {
  let host: Host;
  let clock: ShiftedClock;
  beforeEach(async () => {
    clock = new ShiftedClock();
    const providers = [{ provide: EXDATA_CLOCK, useValue: clock }];
    const work = { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200 };
    host = await Host.start({
      extras: { isGlobal: true, providers },
      imports: [ExdataHealthModule],
      options: { work },
    });
  });
  afterEach(() => host.close());

  const submit = (id: string): Promise<ExdataSubmission> =>
    host.uploads.submit({
      source: { type: 'invoice', id },
      file: Buffer.from(`%PDF-1.4 ${id}`),
      filename: `${id}.pdf`,
    });
  const linesOf = (event: string): string[] => host.lines.filter((line) => line.startsWith(event));
  const health = async (): Promise<object | undefined> =>
    (await host.app.get(ExdataHealthIndicator).isHealthy('exdata')).exdata;
  const everyRetried = async (times: number): Promise<boolean> => {
    const rows: { tries: number }[] = await host.database.query(
      `select count(*) as tries from exdata_document_event where what = 'upload.retry' group by document_row_id`,
    );
    return rows.length === count && rows.every(({ tries }) => tries >= times);
  };

  it('of exdata costs one line, takes nothing out of rotation, and is over when exdata answers', async () => {
    const takeBack = host.sandbox.faults.request(requestFaults.unavailable(), { times: Infinity });
    await Promise.all(ids.map(submit));
    await host.until(() => everyRetried(2));
    expect(linesOf('exdata.failed')).toEqual([expect.stringMatching(/account=default .*count=1$/)]);
    expect(await health()).toMatchObject({ status: 'up', faults: [{ kind: 'exdata' }] });
    clock.skip(60_000);
    await host.until(() => linesOf('exdata.failed').length > 1);
    expect(linesOf('exdata.failed')[1]).toMatch(/count=\d+$/);

    takeBack();
    await host.until(async () => (await host.documents.list({ state: 'pending', limit: count })).data.length === count);
    expect(host.lines.filter((line) => /^exdata\.(failed|recovered)/.test(line))).toEqual([
      expect.stringContaining('exdata.failed'),
      expect.stringContaining('exdata.failed'),
      expect.stringContaining('exdata.recovered'),
    ]);
    // The leases of what ran just then ran out as well when the time was skipped.
    const others = linesOf('work.failed').filter((line) => !line.includes('FenceLostError'));
    expect([...linesOf('upload.retry'), ...others]).toEqual([]);
    expect(JSON.stringify(await health())).not.toContain('"exdata"');
  });

  it('of a handler costs one line', async () => {
    let failures = 0;
    host.bookkeeping.afterWrite = () => {
      failures++;
      throw new RangeError('no such cost centre');
    };
    const documents = await Promise.all(ids.map((id) => host.pending(id)));
    for (const id of documents) await host.sandbox.documents.finish(id);
    await host.until(() => failures > count);
    expect(linesOf('handler.failed')).toEqual([expect.stringMatching(/handler=bookkeeping error=RangeError count=1$/)]);
    expect(linesOf('work.failed')).toEqual([]);
    expect(await health()).toMatchObject({ faults: [{ kind: 'handler' }] });
    host.bookkeeping.afterWrite = () => undefined;
    await Promise.all(ids.map((id) => host.handled(id)));
    expect(linesOf('handler.recovered')).toHaveLength(1);
  });

  it('of the spool costs one line, and takes the process out of rotation until it can be written', async () => {
    await host.pending('before');
    const folder = path.join(host.folder, 'spool');
    // Root writes to folders that it may not write to; to a file in a folder's place nobody does.
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    for (const id of ids) await expect(submit(id)).rejects.toBeInstanceOf(ExdataSpoolError);
    expect(linesOf('spool.failed')).toHaveLength(1);
    clock.skip(20_000);
    const ill = await health();
    // What the uploads have seen and what the probe has seen is one fault.
    expect(linesOf('spool.failed')).toHaveLength(1);
    expect(ill).toMatchObject({
      status: 'down',
      code: 'spool_failed',
      faults: expect.arrayContaining([expect.objectContaining({ kind: 'spool' })]),
    });
    expect(JSON.stringify(ill)).not.toContain(host.folder);
    await rm(folder);
    await submit('after');
    clock.skip(20_000);
    expect(await health()).toEqual({ status: 'up' });
  });
});

it('a fault of the spool that only uploads see stays in the health while probes find it sound, until one is taken', async () => {
  const options = { upload: { spool: 'database', maxBytes: 1_500_000, spoolBytes: 2_000_000 } } as const;
  const storm = await StormHost.start({ options });
  const { host, clock } = storm;
  const upload = (id: string, size: number): Promise<ExdataSubmission> =>
    host.uploads.submit({
      source: { type: 'invoice', id },
      file: Buffer.alloc(size, '%PDF-1.4 '),
      filename: 'invoice.pdf',
    });
  const faults = async (): Promise<string> => JSON.stringify(await storm.health());
  try {
    host.sandbox.faults.request(requestFaults.unavailable(), { times: Infinity });
    await upload('one', 1_400_000);
    await expect(upload('two', 1_400_000)).rejects.toMatchObject({ code: 'spool_full' });
    for (let probe = 0; probe < 3; probe++) {
      clock.skip(20_000);
      expect(await faults()).toContain('"spool"');
    }
    await upload('three', 1_000);
    expect(await faults()).not.toContain('"spool"');
    expect(storm.linesOf('spool.')).toEqual([
      expect.stringContaining('spool.failed'),
      expect.stringContaining('spool.recovered'),
    ]);
  } finally {
    await host.close();
  }
});
