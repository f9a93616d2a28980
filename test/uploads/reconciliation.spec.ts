import { afterEach, describe, expect, it } from '@jest/globals';
import { EXDATA_FILE_READER } from 'nestjs-exdata';
import type { ExdataDocument, ExdataFileReader } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { RequestFacts } from 'nestjs-exdata-sandbox';
import { Host } from '../life/host.js';
import type { HostOptions } from '../life/host.js';

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
const submit = async (): Promise<ExdataDocument> =>
  (await host.uploads.submit({ source, file: content, filename: 'invoice.pdf' })).document;

/** One document at exdata, that of the only upload it took; the row is linked to it although it had been given up. */
async function isLinked(code: string): Promise<void> {
  const row = await host.documents.waitFor(source, { until: 'pending', timeoutMs: 10_000 });
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
    expect(await host.documents.waitFor(source, { until: 'failed', timeoutMs: 10_000 })).toMatchObject({ exdataId: null });
    await host.until(() => host.pager.alerts.length > 0);
    expect(host.sandbox.journal.requests(({ method }) => method === 'GET')).toEqual([]);
  });
});
