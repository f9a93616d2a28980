import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExdataDelivery, ExdataInputError } from 'nestjs-exdata';
import type { ExdataLink } from 'nestjs-exdata';
import type { RequestFacts } from 'nestjs-exdata-sandbox';
import type { DataSourceOptions } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { patienceMs } from '../until.js';
import { Host, secret, sign } from './host.js';

const isUpload = ({ method, path }: RequestFacts): boolean => method === 'POST' && path.endsWith('/documents');
const source = (id: string): { type: string; id: string } => ({ type: 'invoice', id });

describe('on SQLite', () => {
  oddText(() => undefined);
});
describeWithPostgres('on PostgreSQL', ({ url }) => {
  oddText(() => ({ type: 'postgres', url }));
});
describeWithMariadb('on MariaDB', ({ url }) => {
  oddText(() => ({ type: 'mariadb', url }));
});

/** What a database may refuse to keep must not stop a document. */
function oddText(database: () => DataSourceOptions | undefined): void {
  let host: Host;
  beforeAll(async () => {
    const chosen = database();
    host = await Host.start(chosen ? { database: chosen } : {});
  });
  afterAll(() => host.close());

  /** Uploads to an exdata that answers with this document. */
  const answered = async (id: string, data: Record<string, unknown>): Promise<ExdataLink> => {
    host.sandbox.faults.request({ accept: false, respond: { status: 201, body: { data } } }, { match: isUpload });
    await host.uploads.submit({ source: source(id), file: Buffer.from(`%PDF-1.4 ${id}`) });
    return host.documents.waitFor(source(id), { timeoutMs: patienceMs });
  };

  it.each([
    ['error', 'processing_error'],
    ['blocked', 'blocked_reason'],
  ])('[E4] a NUL in what exdata says does not keep a document from ending as %s', async (status, field) => {
    const id = `NUL-${status}`;
    const data = { id: `${id}\0`, status, processing_stage: 'st\0age', requester: 'who\0ever', [field]: 'no\0t now' };
    const row = await answered(id, { ...data, latest_extraction_run: { id: 'run\0', status } });
    expect(row).toMatchObject({ state: status, exdataId: id, runId: 'run', processingStage: 'stage' });
    expect(row.problem?.message).toBe('not now');
    expect([row.processingError, row.blockedReason]).toContain('not now');
    await host.handled(id);
  });

  it('[E4] an error nested deeper than any database or logger writes it does not keep a document from ending', async () => {
    const nested = JSON.parse('['.repeat(2_000) + ']'.repeat(2_000)) as unknown;
    const row = await answered('DEEP', { id: 'DEEP', status: 'error', processing_error: nested });
    expect(row).toMatchObject({ state: 'error', exdataId: 'DEEP' });
    expect(row.problem?.message).toMatch(/^\[\[.*nested too deep/);
    await host.handled('DEEP');
  });

  /** Sends a delivery, and resolves to what became of it. */
  const tell = async (content: unknown): Promise<ExdataDelivery> => {
    const body = Buffer.from(JSON.stringify(content));
    const deliveryId = randomUUID();
    const sent = {
      'x-timestamp': String(Math.floor(Date.now() / 1000)),
      'x-delivery': deliveryId,
      'x-event': 'document.completed',
    };
    const headers = { 'content-type': 'application/json', 'x-signature': sign(secret, body), ...sent };
    expect((await fetch(host.url, { method: 'POST', body, headers })).status).toBe(204);
    await host.inboxWorkedOff();
    return host.database.manager.findOneByOrFail(ExdataDelivery, { deliveryId });
  };

  it('a NUL in the signed bytes of a delivery does not keep it from ending', async () => {
    const content = { event: 'document.com\0pleted', data: { document: { id: 'un\0known', requester: 'n\0one' } } };
    // exdata cannot be asked for such an id.
    expect(await tell(content)).toMatchObject({ outcome: 'dead', reason: 'parse', exdataId: null });
  });

  it('[E4] an id of 255 characters is kept, with what hangs on it', async () => {
    const [exdataId, run] = ['9'.repeat(255), '8'.repeat(255)];
    const row = await answered('LONG', {
      id: exdataId,
      status: 'error',
      latest_extraction_run: { id: run, status: 'error' },
    });
    expect(row).toMatchObject({ state: 'error', exdataId, runId: run });
    await host.handled('LONG');
    await host.until(() =>
      host.pager.alerts.some(({ sourceId, documentId }) => sourceId === 'LONG' && documentId === exdataId),
    );
    expect(await tell({ data: { id: exdataId } })).toMatchObject({
      outcome: 'dead',
      reason: 'unknown-document',
      exdataId,
    });
  });

  it('a NUL in the context of a submission is refused by its name', async () => {
    const refused = await host.uploads
      .submit({ source: source('context'), file: Buffer.from('%PDF-1.4 x'), text: 'a\0b' })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ExdataInputError);
    expect(refused).toMatchObject({ field: 'text' });
  });
}
