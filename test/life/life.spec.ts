import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ExdataDelivery, ExdataSourceConflictError } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { RequestFacts } from 'nestjs-exdata-sandbox';
import type { DataSourceOptions } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { patienceMs } from '../until.js';
import { Host, secret, sign } from './host.js';

const isUpload = ({ method, path }: RequestFacts): boolean => method === 'POST' && path.endsWith('/documents');
const source = (id: string): { type: string; id: string } => ({ type: 'invoice', id });
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

describe('on SQLite', () => {
  life(() => undefined);
});
describeWithPostgres('on PostgreSQL', ({ url }) => {
  life(() => ({ type: 'postgres', url }));
});
describeWithMariadb('on MariaDB', ({ url }) => {
  life(() => ({ type: 'mariadb', url }));
});
function life(database: () => DataSourceOptions | undefined): void {
  let host: Host;
  let count = 0;
  const fresh = (): string => `INV-${String(++count)}`;

  beforeAll(async () => {
    const chosen = database();
    host = await Host.start(chosen ? { database: chosen } : {});
  });
  afterAll(() => host.close());
  afterEach(() => {
    host.sandbox.faults.clear();
    host.bookkeeping.afterWrite = () => undefined;
  });

  const post = async (body: string | Buffer, headers: Record<string, string>): Promise<number> => {
    const bytes = Buffer.from(body);
    const answer = await fetch(host.url, {
      method: 'POST',
      body: bytes,
      headers: {
        'content-type': 'application/json',
        'x-signature': sign(secret, bytes),
        'x-timestamp': String(nowSeconds()),
        'x-delivery': randomUUID(),
        'x-event': 'document.completed',
        ...headers,
      },
    });
    return answer.status;
  };
  const inbox = (): Promise<number> => host.database.manager.count(ExdataDelivery);

  describe('an upload', () => {
    it('that is answered with the document of another row ends as failed, and a person is told', async () => {
      const [first, second] = [fresh(), fresh()];
      const exdataId = await host.pending(first);
      const body = { data: { id: exdataId, status: 'pending' } };
      host.sandbox.faults.request({ accept: false, respond: { status: 201, body } }, { match: isUpload, times: 1 });
      await host.uploads.submit({ source: source(second), file: Buffer.from(`%PDF-1.4 ${second}`) });
      const row = await host.documents.waitFor(source(second), { until: 'failed', timeoutMs: patienceMs });
      expect(row).toMatchObject({
        exdataId: null,
        problem: { code: 'document_linked_elsewhere' },
        work: { dueAt: null, leaseUntil: null },
      });
      expect((await host.documents.history(source(second))).map(({ what }) => what)).toEqual([
        'queued',
        'uploading',
        'failed',
      ]);
      await host.until(() =>
        host.pager.alerts.some(({ sourceId, code }) => sourceId === second && code === 'document_linked_elsewhere'),
      );
      const [linked] = await host.documents.generations(source(first));
      expect(linked).toMatchObject({ state: 'pending', exdataId: String(exdataId) });
    });

    it('is answered with the row as the ledger keeps it', async () => {
      const fields = {
        filename: 'Straße 東京.pdf',
        locale: 'de',
        customTypes: ['Beleg', 'b'],
        text: 'said\nbeside it',
      };
      const input = { source: source(fresh()), file: Buffer.from('%PDF-1.4 kept'), ...fields };
      const { link, created } = await host.uploads.submit(input);
      const again = await host.uploads.submit(input);
      expect([created, again.created]).toEqual([true, false]);
      expect(Object.keys(link).sort()).toEqual(Object.keys(again.link).sort());
      expect(Object.keys(link.work).sort()).toEqual(Object.keys(again.link.work).sort());
      // The rest moves on with the upload.
      const { id, mode, account, sourceId, generation, idempotencyKey, correlationId, createdAt } = again.link;
      const { sha256, size, contentType, spoolId, reference, filename, locale, customTypes, text, reason } = again.link;
      expect(link).toMatchObject({
        id,
        mode,
        account,
        sourceId,
        generation,
        idempotencyKey,
        correlationId,
        createdAt,
      });
      expect(link).toMatchObject({
        sha256,
        size,
        contentType,
        spoolId,
        reference,
        filename,
        locale,
        customTypes,
        text,
        reason,
      });
      expect({ filename, locale, customTypes, text }).toEqual(fields);
    });

    it('goes from submit to the handler, once, with its three ids', async () => {
      const id = fresh();
      const exdataId = await host.pending(id);
      await host.sandbox.documents.finish(exdataId);
      await host.handled(id);
      expect(await host.bills(id)).toEqual([{ status: 'completed' }]);
      const call = host.bookkeeping.calls.at(-1);
      expect(call?.document).toMatchObject({ id: String(exdataId), status: 'completed' });
      expect(call?.extraction?.fields.gross_amount).toMatchObject({
        value: expect.any(String),
        candidates: expect.any(Array),
      });
      expect(call?.link).toMatchObject({
        sourceType: 'invoice',
        sourceId: id,
        exdataId: String(exdataId),
        state: 'completed',
        requestId: expect.any(String),
      });
      expect((await host.documents.history(source(id))).map(({ what }) => what)).toEqual([
        'queued',
        'uploading',
        'linked',
        'pending',
        'completed',
        'handler.done',
      ]);
      expect(await host.documents.findByExdataId(String(exdataId))).toMatchObject({ sourceId: id });
      expect((await host.documents.extraction(source(id))).fields).toHaveProperty('currency');
    });

    it('[U1 U2] of the same source and bytes is the same row, however often at once; of other bytes a conflict', async () => {
      const id = fresh();
      const file = Buffer.from(`%PDF-1.4 ${id}`);
      const submissions = await Promise.all(
        Array.from({ length: 10 }, () => host.uploads.submit({ source: source(id), file })),
      );
      expect(submissions.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(submissions.map(({ link }) => link.id)).size).toBe(1);
      await expect(host.uploads.submit({ source: source(id), file: Buffer.from('%PDF-1.4 other') })).rejects.toThrow(
        ExdataSourceConflictError,
      );
      await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
      expect(
        host.sandbox.documents.list().filter(({ requester }) => requester === submissions[0]?.link.correlationId),
      ).toHaveLength(1);
    });

    it.each([
      ['lost answer', requestFaults.answerLost()],
      ['502 page', requestFaults.badGateway(true)],
      ['cut in the bytes', requestFaults.requestCut(10)],
      ['429', requestFaults.tooManyRequests(0)],
    ])('[U1] is repeated under the same key after a %s: one document', async (_what, fault) => {
      const id = fresh();
      host.sandbox.faults.request(fault, { match: isUpload });
      const exdataId = await host.pending(id);
      const row = await host.documents.findBySource(source(id));
      const sent = host.sandbox.journal.requests(({ idempotencyKey }) => idempotencyKey === row?.idempotencyKey);
      expect(sent).toHaveLength(2);
      expect(new Set(sent.map(({ requestId }) => requestId)).size).toBe(2);
      expect(
        host.sandbox.documents
          .list()
          .filter(({ requester }) => requester === row?.correlationId)
          .map(({ id: found }) => found),
      ).toEqual([exdataId]);
    });

    it('[E1] refused with 422 is rejected with its fields, and not sent again', async () => {
      const id = fresh();
      host.sandbox.faults.request(
        requestFaults.problem(422, 'validation_failed', 'Invalid.', { errors: { file: ['Password protected.'] } }),
        { match: isUpload },
      );
      const { link } = await host.uploads.submit({ source: source(id), file: Buffer.from(`%PDF-1.4 ${id}`) });
      const rejected = await host.documents.waitFor(source(id), { timeoutMs: patienceMs });
      expect(rejected).toMatchObject({
        state: 'rejected',
        problem: { code: 'validation_failed', fields: { file: ['Password protected.'] }, retryAt: null },
        work: { dueAt: null },
      });
      expect(
        host.sandbox.journal.requests(({ idempotencyKey }) => idempotencyKey === link.idempotencyKey),
      ).toHaveLength(1);
    });

    it('[U4] of an empty or wrong file is refused before anything is stored', async () => {
      const id = fresh();
      await expect(host.uploads.submit({ source: source(id), file: Buffer.alloc(0) })).rejects.toMatchObject({
        code: 'file_empty',
        field: 'file',
      });
      await expect(
        host.uploads.submit({ source: source(id), file: Buffer.from('MZ\x90\0'), filename: 'a.pdf' }),
      ).rejects.toMatchObject({
        code: 'file_type',
      });
      await expect(host.uploads.submit({ source: source(''), file: Buffer.from('%PDF-') })).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'source.id',
      });
      expect(await host.documents.findBySource(source(id))).toBeNull();
    });

    it('[U3] whose webhook comes before its answer is linked', async () => {
      const id = fresh();
      host.sandbox.faults.request({ accept: true, delayMs: 700 }, { match: isUpload });
      await host.uploads.submit({ source: source(id), file: Buffer.from(`%PDF-1.4 ${id}`) });
      const row = await host.documents.findBySource(source(id));
      const sent = () => host.sandbox.documents.list().find(({ requester }) => requester === row?.correlationId);
      await host.until(() => sent() !== undefined);
      await host.sandbox.documents.finish(sent()?.id ?? 0);
      await host.handled(id);
      await host.documents.waitFor(source(id), { until: 'completed', timeoutMs: patienceMs });
      expect(await host.bills(id)).toHaveLength(1);
    });
  });

  describe('a delivery', () => {
    it.each([
      ['a wrong secret', { 'x-signature': sign('another secret altogether', Buffer.from('{}')) }],
      ['no signature', { 'x-signature': '' }],
      ['a stale timestamp', { 'x-timestamp': String(nowSeconds() - 600) }],
      ['an early timestamp', { 'x-timestamp': String(nowSeconds() + 600) }],
      ['no timestamp', { 'x-timestamp': '' }],
    ])('[W1 W2] with %s is refused with a bare 401 and leaves no row', async (_what, headers) => {
      const before = await inbox();
      expect(await post('{}', headers)).toBe(401);
      expect(await inbox()).toBe(before);
    });

    it('[W1] with any bit of the body flipped is refused', async () => {
      const body = Buffer.from('{"data":{"id":1}}');
      const signature = sign(secret, body);
      const before = await inbox();
      for (let index = 0; index < body.length; index++) {
        const flipped = Buffer.from(body);
        flipped.writeUInt8(flipped.readUInt8(index) ^ 1, index);
        expect(await post(flipped, { 'x-signature': signature })).toBe(401);
      }
      expect(await inbox()).toBe(before);
    });

    it('[W3 W4] repeated 200 times at once is one row and one effect', async () => {
      const id = fresh();
      const exdataId = await host.pending(id);
      await host.sandbox.documents.finish(exdataId);
      await host.handled(id);
      const before = await inbox();
      const delivery = randomUUID();
      const answers = await Promise.all(
        Array.from({ length: 200 }, () =>
          post(`{"event":"x","data":{"id":${String(exdataId)}}}`, { 'x-delivery': delivery }),
        ),
      );
      expect(new Set(answers)).toEqual(new Set([204]));
      expect(await inbox()).toBe(before + 1);
      await host.inboxWorkedOff();
      expect(await host.bills(id)).toHaveLength(1);
    });

    it('[W1] may be larger than the host takes otherwise, up to the limit of its own', async () => {
      expect(await post(JSON.stringify({ data: [], filler: 'x'.repeat(900_000) }), {})).toBe(204);
      expect(await post(JSON.stringify({ data: [], filler: 'x'.repeat(1_100_000) }), {})).toBe(413);
    });

    it('[W3] that is truly signed but no JSON is stored all the same', async () => {
      const before = await inbox();
      expect(await post('not json', {})).toBe(204);
      expect(await inbox()).toBe(before + 1);
    });

    it('is confirmed at exdata before anything acts on it', async () => {
      const id = fresh();
      const exdataId = await host.pending(id);
      expect(
        await post(JSON.stringify({ event: 'document.completed', data: { id: exdataId, status: 'completed' } }), {}),
      ).toBe(204);
      await host.inboxWorkedOff();
      expect(await host.documents.findBySource(source(id))).toMatchObject({ state: 'pending' });
      expect(await host.bills(id)).toEqual([]);
    });

    it('of an unknown event, an unknown document or another system’s document is taken and left alone', async () => {
      const before = host.bookkeeping.calls.length;
      expect(await post('{"event":"account.changed","data":[]}', { 'x-event': 'account.changed' })).toBe(204);
      expect(await post('{"data":{"id":987654321}}', {})).toBe(204);
      const form = new FormData();
      form.set('file', new Blob(['%PDF-1.4 foreign']), 'foreign.pdf');
      const answer = await fetch(`${host.sandbox.baseUrl}/documents`, {
        method: 'POST',
        body: form,
        headers: { authorization: 'Bearer sandbox_test_token' },
      });
      const { data } = (await answer.json()) as { data: { id: number } };
      await host.sandbox.documents.finish(data.id);
      const outcomes = await host.inboxWorkedOff();
      expect(outcomes).toEqual(expect.arrayContaining(['ignored', 'dead', 'foreign']));
      expect(host.bookkeeping.calls).toHaveLength(before);
    });
  });

  describe('a handler', () => {
    it.each(['error', 'blocked'] as const)('[E4] is called for %s, with the request id', async (status) => {
      const id = fresh();
      await host.sandbox.documents.finish(await host.pending(id), { status });
      await host.handled(id);
      expect(host.bookkeeping.calls.at(-1)).toMatchObject({
        status,
        extraction: null,
        link: { requestId: expect.any(String), problem: { code: expect.any(String) } },
      });
    });

    it('that fails leaves nothing of its writes, and is called again', async () => {
      const id = fresh();
      const exdataId = await host.pending(id);
      let failures = 2;
      host.bookkeeping.afterWrite = () => {
        if (failures-- > 0) throw new Error('the ledger is closed');
      };
      await host.sandbox.documents.finish(exdataId);
      await host.handled(id);
      const calls = host.bookkeeping.calls.filter(({ link }) => link.sourceId === id);
      expect(calls).toHaveLength(3);
      expect(new Set(calls.map(({ effectKey }) => effectKey)).size).toBe(1);
      expect(await host.bills(id)).toHaveLength(1);
    });

    it('is called again for a new extraction run, once', async () => {
      const id = fresh();
      const exdataId = await host.pending(id);
      await host.sandbox.documents.finish(exdataId);
      await host.handled(id);
      host.sandbox.documents.rerun(exdataId);
      await host.sandbox.documents.finish(exdataId);
      await host.handled(id, 2);
      expect(await host.bills(id)).toHaveLength(2);
    });
  });

  it('refresh takes over what exdata says now', async () => {
    const id = fresh();
    const exdataId = await host.pending(id);
    host.sandbox.faults.delivery({ drop: true });
    await host.sandbox.documents.finish(exdataId);
    expect(await host.documents.refresh(source(id))).toMatchObject({ state: 'completed' });
    await host.handled(id);
  });

  it('waitFor ends in time, and says how the document stands', async () => {
    const id = fresh();
    await host.pending(id);
    await expect(host.documents.waitFor(source(id), { until: 'completed', timeoutMs: 0 })).rejects.toMatchObject({
      code: 'wait_timeout',
      source: source(id),
    });
    await expect(host.documents.waitFor(source('never'))).rejects.toMatchObject({ code: 'not_submitted' });
  });

  it('lists page by page, the newest first', async () => {
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await host.documents.list({ limit: 3, ...(after !== undefined && { after }) });
      seen.push(...page.data.map(({ id }) => id));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(new Set(seen).size).toBe(count - 1);
    await expect(host.documents.list({ after: 'nonsense' })).rejects.toMatchObject({ field: 'after' });
  });
}
