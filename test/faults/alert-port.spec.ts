import { afterEach, expect, it } from '@jest/globals';
import { EXDATA_ALERTS } from 'nestjs-exdata';
import type { ExdataAlert, ExdataAlerts } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { StormHost } from './storm-host.js';

/** A pager that does what the test says. */
class OddPager implements ExdataAlerts {
  readonly raised: ExdataAlert[] = [];
  asked = 0;
  answer: () => Promise<void> = () => Promise.resolve();

  async raise(alert: ExdataAlert): Promise<void> {
    this.asked++;
    await this.answer();
    this.raised.push(alert);
  }
}

const ids = ['doc-0', 'doc-1', 'doc-2', 'doc-3', 'doc-4', 'doc-5'];

let storm: StormHost;
let pager: OddPager;
afterEach(() => storm.host.close());

const start = async (): Promise<void> => {
  pager = new OddPager();
  // Longer than a call may take: time is skipped, and no lease renewed meanwhile.
  const work = { leaseMs: 120_000 };
  storm = await StormHost.start({
    options: { work },
    extras: { providers: [{ provide: EXDATA_ALERTS, useValue: pager }] },
  });
};
/** Submits documents that exdata refuses, each of which is an alert. */
const refuse = async (some: readonly string[]): Promise<void> => {
  storm.host.sandbox.faults.request(requestFaults.problem(422, 'validation_failed', 'No.'), { times: some.length });
  for (const id of some) await storm.submit(id);
};
const raisedFor = (): (string | null)[] => pager.raised.map(({ sourceId }) => sourceId).sort();

it('an alert port that throws is a line a minute, stands in health, and gets each alert once when it is well', async () => {
  await start();
  // What a client of the host's throws at once, and without an answer, is its own affair.
  pager.answer = () => Promise.reject(new TypeError('secret words of the pager'));
  await refuse(ids);
  await storm.host.until(() => pager.asked >= 3 * ids.length);
  expect(storm.linesOf('alert.failed')).toEqual([
    expect.stringMatching(/kind=document_failed .*error=TypeError count=1$/),
  ]);
  expect(await storm.health()).toMatchObject({ status: 'up', faults: [{ kind: 'alerts' }] });
  expect([...storm.linesOf('work.failed'), ...storm.linesOf('alert.not_raised')]).toEqual([]);
  expect(storm.host.lines.join('\n')).not.toContain('secret words');
  storm.clock.skip(60_000);
  await storm.host.until(() => storm.linesOf('alert.failed').length > 1);
  pager.answer = () => Promise.resolve();
  await storm.host.until(() => pager.raised.length === ids.length);
  expect(raisedFor()).toEqual(ids);
  await storm.host.until(() => storm.linesOf('alerts.recovered').length === 1);
  expect(await storm.health()).toEqual({ status: 'up' });
});

it('one that throws where it should reject is no worse', async () => {
  await start();
  pager.raise = () => {
    pager.asked++;
    throw new RangeError('at once');
  };
  await refuse(['doc-0']);
  await storm.host.until(() => pager.asked > 2);
  expect(storm.linesOf('alert.failed')).toEqual([expect.stringContaining('error=RangeError')]);
});

it('one that never settles holds up nothing, and is asked again when its time is up', async () => {
  await start();
  pager.answer = () => new Promise(() => undefined);
  await refuse(ids);
  await storm.host.until(() => pager.asked >= 4);
  // Documents go their way beside it.
  await storm.host.sandbox.documents.finish(await storm.host.pending('beside'));
  await storm.host.handled('beside');
  expect(pager.raised).toEqual([]);
  pager.answer = () => Promise.resolve();
  // As long as a call may take.
  storm.clock.skip(30_000);
  await storm.host.until(() => pager.raised.length === ids.length);
  expect(raisedFor()).toEqual(ids);
  expect(storm.linesOf('alert.failed')).toEqual([expect.stringMatching(/error=JobTimeoutError count=1$/)]);
});
