import { afterEach, describe, expect, it } from '@jest/globals';
import { EXDATA_CLOCK, EXDATA_FILE_READER } from 'nestjs-exdata';
import type { ExdataLink, ExdataFileReader } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { RequestFacts } from 'nestjs-exdata-sandbox';
import { Host } from '../life/host.js';
import type { HostOptions } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { patienceMs } from '../until.js';

const isUpload = ({ method, path }: RequestFacts): boolean => method === 'POST' && path.endsWith('/documents');
const source = { type: 'invoice', id: 'R-1' };
const content = Buffer.from('%PDF-1.4 reconciled');

let host: Host;
afterEach(() => host.close());

const start = async (options: HostOptions = {}): Promise<void> => {
  host = await Host.start(options);
};
const uploads = (): number => host.sandbox.journal.requests((entry) => isUpload(entry)).length;
const what = async (): Promise<string[]> => (await host.documents.history(source)).map((event) => event.what);
const submit = async (): Promise<ExdataLink> =>
  (await host.uploads.submit({ source, file: content, filename: 'invoice.pdf' })).link;

/** One document at exdata, that of the only upload it took; the row is linked to it although it had been given up. */
async function isLinked(code: string): Promise<void> {
  const row = await host.documents.waitFor(source, { until: 'pending', timeoutMs: patienceMs });
  expect(host.sandbox.documents.list()).toHaveLength(1);
  expect(row).toMatchObject({ generation: 1, exdataId: String(host.sandbox.documents.list()[0]?.id), problem: null });
  expect(await what()).toEqual(expect.arrayContaining(['failed', 'linked', 'pending']));
  await host.until(() => host.pager.alerts.length > 0);
  expect(host.pager.alerts).toEqual([expect.objectContaining({ kind: 'document_failed', code })]);
}

describe('[U1] an upload that is given up after an answer was lost is looked for at exdata, and linked', () => {
  it('where its bytes were changed between the attempts', async () => {
    let bytes = content;
    const reader: ExdataFileReader = { open: () => Promise.resolve(new Blob([bytes]).stream()) };
    await start({ extras: { providers: [{ provide: EXDATA_FILE_READER, useValue: reader }] } });
    host.sandbox.faults.request(requestFaults.answerLost(), {
      match: (request) => {
        if (!isUpload(request)) return false;
        bytes = Buffer.from('%PDF-1.4 reconciles');
        return true;
      },
    });
    await host.uploads.submit({ source, file: { reference: 'invoices/1' }, filename: 'invoice.pdf' });
    await isLinked('file_digest_mismatch');
  });

  it('where a proxy refused the attempt after it', async () => {
    await start();
    host.sandbox.faults.request(requestFaults.answerLost(), { match: isUpload });
    host.sandbox.faults.request(requestFaults.problem(413, 'too_large', 'Too large.'), { match: isUpload });
    await submit();
    await isLinked('too_large');
    expect(uploads()).toBe(2);
  });

  it('where the retries have run out', async () => {
    await start({ options: { work: { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 20, retryTotalMs: 30 } } });
    host.sandbox.faults.request(requestFaults.badGateway(true), { match: isUpload, times: 20 });
    await submit();
    await isLinked('http_502');
  });

  it('but not where no attempt can have reached it', async () => {
    await start();
    host.sandbox.faults.request(requestFaults.problem(413, 'too_large', 'Too large.'), { match: isUpload });
    await submit();
    expect(await host.documents.waitFor(source, { until: 'failed', timeoutMs: patienceMs })).toMatchObject({
      exdataId: null,
    });
    await host.until(() => host.pager.alerts.length > 0);
    expect(host.sandbox.journal.requests(({ method }) => method === 'GET')).toEqual([]);
  });
});

describe('[U1] a document whose key is too old is looked for among those of others', () => {
  const hour = 3_600_000;
  const isList = ({ method, path }: RequestFacts): boolean => method === 'GET' && path.endsWith('/documents');
  const isLook = ({ method, path }: RequestFacts): boolean => method === 'GET' && /\/documents\/\d+$/.test(path);
  let clock: ShiftedClock;

  /** Another system's document is in the list, of the same length as ours; the list names no requester. */
  const past = async (answer: Parameters<Host['sandbox']['faults']['request']>[0]): Promise<void> => {
    clock = new ShiftedClock();
    await start({
      extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
      options: { work: { sweepEveryMs: 50, retryFirstMs: 48 * hour, retryMaxMs: 48 * hour, retryTotalMs: 400 * hour } },
      simulator: { readings: { listKeys: 'without-requester' } },
    });
    const form = new FormData();
    form.set('requester', 'another system');
    form.set('file', new Blob([content], { type: 'application/pdf' }), 'foreign.pdf');
    await fetch(`${host.sandbox.baseUrl}/documents`, {
      method: 'POST',
      body: form,
      headers: { authorization: 'Bearer sandbox_test_token' },
    });
    host.sandbox.faults.request(answer, { match: isUpload });
    await submit();
    await waitsAgain();
  };
  const row = async (): Promise<ExdataLink | null> => host.documents.findBySource(source);
  const waitsAgain = (): Promise<void> => host.until(async () => ((await row())?.work.dueAt ?? 0) > clock.now());
  const looks = (): number => host.sandbox.journal.requests((entry) => isLook(entry)).length;

  it('one of which is gone when it is asked for: that is not ours', async () => {
    await past(requestFaults.badGateway());
    host.sandbox.faults.request(requestFaults.problem(404, 'not_found', 'Gone.'), { match: isLook });
    clock.skip(49 * hour);
    await host.documents.waitFor(source, { until: 'pending', timeoutMs: patienceMs });
    expect(looks()).toBe(1);
    expect(await what()).toContain('reconciled');
    expect(host.sandbox.documents.list()).toHaveLength(2);
  });

  it.each([
    ['one of which may not be read', requestFaults.problem(403, 'forbidden', 'Not yours.'), isLook],
    ['in a list that cannot be followed', requestFaults.problem(410, 'gone', 'No such page.'), isList],
    ['in a list that may not be read', requestFaults.problem(403, 'forbidden', 'Not for this token.'), isList],
  ])('%s: it is not sent, nothing is held, and it is looked for again on the schedule', async (_what, fault, match) => {
    await past(requestFaults.badGateway());
    host.sandbox.faults.request(fault, { match });
    clock.skip(49 * hour);
    await host.sandbox.journal.waitForRequest((entry) => match(entry), { timeoutMs: patienceMs });
    await waitsAgain();
    expect(await row()).toMatchObject({ state: 'unconfirmed', work: { failures: 2 } });
    expect(await host.uploads.holds()).toEqual([]);
    expect(host.pager.alerts).toEqual([]);
    expect(uploads()).toBe(2);
    clock.skip(49 * hour);
    await host.documents.waitFor(source, { until: 'pending', timeoutMs: patienceMs });
    expect(uploads()).toBe(3);
  });

  it('and is not sent where the account came on hold meanwhile', async () => {
    await past(requestFaults.badGateway());
    host.sandbox.faults.request(requestFaults.hang(), { match: isList });
    clock.skip(49 * hour);
    await host.sandbox.journal.waitForRequest((entry) => isList(entry) && entry.outcome === 'delayed', {
      timeoutMs: patienceMs,
    });
    const other = { type: 'invoice', id: 'R-2' };
    host.sandbox.faults.request(requestFaults.problem(402, 'insufficient_credits', 'No credits.'), { match: isUpload });
    await host.uploads.submit({ source: other, file: Buffer.from('%PDF-1.4 other') });
    await host.documents.waitFor(other, { until: 'blocked', timeoutMs: patienceMs });
    const sent = uploads();
    host.sandbox.faults.release();
    await host.until(async () => (await row())?.problem?.code === 'insufficient_credits');
    expect(await row()).toMatchObject({ state: 'unconfirmed', work: { dueAt: null, failures: 1 } });
    expect(uploads()).toBe(sent);
    await host.uploads.releaseHold();
    await host.documents.waitFor(source, { until: 'pending', timeoutMs: patienceMs });
  });
});
