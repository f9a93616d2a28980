import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { EXDATA_CLOCK } from 'nestjs-exdata';
import { ExdataAccountState, ExdataAlertRow } from '../../libs/exdata/src/documents/index.js';
import type { ExdataLinkQuery, ExdataLink } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { RequestFacts } from 'nestjs-exdata-sandbox';
import type { DataSourceOptions } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { patienceMs } from '../until.js';
import { Host, secret, sign } from './host.js';
import type { HostOptions } from './host.js';
import { ShiftedClock } from './shifted-clock.js';

const isUpload = ({ method, path }: RequestFacts): boolean => method === 'POST' && path.endsWith('/documents');
const source = (id: string): { type: string; id: string } => ({ type: 'invoice', id });
const noCredits = requestFaults.problem(402, 'insufficient_credits', 'No credits.');

describe('on SQLite', () => {
  holds(() => undefined);
});
describeWithPostgres('on PostgreSQL', ({ url }) => {
  holds(() => ({ type: 'postgres', url }));
});
describeWithMariadb('on MariaDB', ({ url }) => {
  holds(() => ({ type: 'mariadb', url }));
});

function holds(database: () => DataSourceOptions | undefined): void {
  let host: Host;
  let count = 0;
  const fresh = (): string => `HOLD-${String(++count)}`;
  const start = async (options: HostOptions = {}): Promise<void> => {
    const chosen = database();
    host = await Host.start({ ...(chosen && { database: chosen }), ...options });
    // Another test's host on the same database may have left the account on hold.
    await host.database.query('delete from exdata_account');
    await host.database.query('delete from exdata_document');
  };
  afterEach(() => host.close());

  const submit = async (id: string): Promise<void> => {
    await host.uploads.submit({ source: source(id), file: Buffer.from(`%PDF-1.4 ${id}`) });
  };
  const seen = async (id: string): Promise<ExdataLink> => {
    const row = await host.documents.findBySource(source(id));
    if (!row) throw new Error(`${id} was not submitted`);
    return row;
  };
  const untilProblem = (id: string, code: string): Promise<void> =>
    host.until(async () => (await seen(id)).problem?.code === code);
  const uploads = (): number => host.sandbox.journal.requests((entry) => isUpload(entry)).length;
  const what = async (id: string): Promise<string[]> =>
    (await host.documents.history(source(id))).map((event) => event.what);

  /** As exdata does where it keeps the document of an upload that it answered with 402. */
  const kept = async (requester: string): Promise<number> => {
    const form = new FormData();
    form.set('requester', requester);
    form.set('file', new Blob([`%PDF-1.4 ${requester}`], { type: 'application/pdf' }), 'kept.pdf');
    await fetch(`${host.sandbox.baseUrl}/documents`, {
      method: 'POST',
      body: form,
      headers: { authorization: 'Bearer sandbox_test_token' },
    });
    const document = host.sandbox.documents.list().find((one) => one.requester === requester);
    if (!document) throw new Error('the simulator did not take the document');
    return document.id;
  };
  const tell = async (id: number): Promise<void> => {
    const body = Buffer.from(JSON.stringify({ data: { id } }));
    const headers = {
      'content-type': 'application/json',
      'x-signature': sign(secret, body),
      'x-event': 'document.updated',
    };
    const sent = { 'x-timestamp': String(Math.floor(Date.now() / 1000)), 'x-delivery': randomUUID() };
    expect((await fetch(host.url, { method: 'POST', body, headers: { ...headers, ...sent } })).status).toBe(204);
  };

  describe('[E3] without credits', () => {
    it('sends once, alerts once, holds all further uploads, and goes on under a new key when released', async () => {
      await start({ options: { owner: 'billing@host.example' } });
      const [first, second, third] = [fresh(), fresh(), fresh()];
      host.sandbox.faults.request(noCredits, { match: isUpload });
      await submit(first);
      await untilProblem(first, 'insufficient_credits');
      const blocked = await seen(first);
      expect(blocked).toMatchObject({ state: 'blocked', generation: 1, work: { dueAt: null } });
      await submit(second);
      await submit(third);
      await untilProblem(second, 'insufficient_credits');
      await untilProblem(third, 'insufficient_credits');
      expect(await seen(second)).toMatchObject({ state: 'queued', work: { dueAt: null, failures: 0 } });
      expect(uploads()).toBe(1);
      expect(host.pager.alerts).toEqual([
        expect.objectContaining({
          kind: 'insufficient_credits',
          account: 'default',
          owner: 'billing@host.example',
          sourceId: first,
          requestId: blocked.requestId,
        }),
      ]);

      expect(await host.uploads.holds()).toEqual([
        expect.objectContaining({ account: 'default', reason: 'insufficient_credits', requestId: blocked.requestId }),
      ]);
      expect(await host.uploads.releaseHold()).toBe(true);
      expect(await host.uploads.holds()).toEqual([]);
      expect(await host.uploads.releaseHold()).toBe(false);
      for (const id of [first, second, third])
        await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
      const [old, next] = await host.documents.generations(source(first));
      expect(old).toMatchObject({
        id: blocked.id,
        state: 'blocked',
        generation: 1,
        idempotencyKey: blocked.idempotencyKey,
      });
      expect(next).toMatchObject({ state: 'pending', generation: 2, sha256: blocked.sha256 });
      expect(next?.idempotencyKey).not.toBe(blocked.idempotencyKey);
      expect(await seen(second)).toMatchObject({ generation: 1, problem: null });
      expect(uploads()).toBe(4);
      expect(await what(first)).toEqual([
        'queued',
        'uploading',
        'blocked',
        'released',
        'queued',
        'uploading',
        'linked',
        'pending',
      ]);
      expect(await what(second)).toEqual(['queued', 'held', 'released', 'uploading', 'linked', 'pending']);
    });

    it('released, is not held again by what exdata tells late of the document that it had blocked', async () => {
      await start();
      const id = fresh();
      host.sandbox.faults.request(noCredits, { match: isUpload });
      await submit(id);
      await untilProblem(id, 'insufficient_credits');
      const { correlationId } = await seen(id);
      await host.uploads.releaseHold();
      await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });

      const exdataId = await kept(correlationId);
      await host.sandbox.documents.finish(exdataId, { status: 'blocked', reason: 'insufficient_credits' });
      await host.until(async () => (await host.documents.findByExdataId(String(exdataId))) !== null);
      await host.inboxWorkedOff();
      const [old, next] = await host.documents.generations(source(id));
      expect(old).toMatchObject({
        state: 'blocked',
        exdataId: String(exdataId),
        problem: { code: 'insufficient_credits' },
      });
      expect(next).toMatchObject({ state: 'pending' });
      expect(await host.uploads.holds()).toEqual([]);
      expect(host.pager.alerts).toHaveLength(1);
    });

    it('is polled again where exdata takes up by itself what it had blocked', async () => {
      await start();
      const id = fresh();
      host.sandbox.faults.request(noCredits, { match: isUpload });
      await submit(id);
      await untilProblem(id, 'insufficient_credits');
      const exdataId = await kept((await seen(id)).correlationId);
      await tell(exdataId);
      const row = await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
      expect(row).toMatchObject({ generation: 1, exdataId: String(exdataId), problem: null });
      expect(row.work.dueAt).toBeGreaterThan(0);
    });

    it('told in a document that is blocked for credits, holds likewise', async () => {
      await start();
      const [first, second] = [fresh(), fresh()];
      const exdataId = await host.pending(first);
      await host.sandbox.documents.finish(exdataId, { status: 'blocked', reason: 'insufficient_credits' });
      await untilProblem(first, 'insufficient_credits');
      await host.handled(first);
      await submit(second);
      await untilProblem(second, 'insufficient_credits');
      expect(uploads()).toBe(1);
      expect(host.pager.alerts.map(({ kind }) => kind)).toEqual(['insufficient_credits']);
    });

    it('blocked for another reason goes to a person, and holds nothing', async () => {
      await start();
      const [first, second] = [fresh(), fresh()];
      await host.sandbox.documents.finish(await host.pending(first), { status: 'blocked', reason: 'policy' });
      await host.handled(first);
      await host.pending(second);
      await host.until(() => host.pager.alerts.length > 0);
      expect(host.pager.alerts).toEqual([
        expect.objectContaining({ kind: 'document_failed', code: 'blocked', sourceId: first }),
      ]);
    });

    it('lets one document through at each probe, if that is configured', async () => {
      const clock = new ShiftedClock();
      await start({
        options: { holds: { probeEveryMs: 60_000 } },
        extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
      });
      const [first, second] = [fresh(), fresh()];
      host.sandbox.faults.request(noCredits, { match: isUpload, times: 2 });
      await submit(first);
      await untilProblem(first, 'insufficient_credits');
      await submit(second);
      await untilProblem(second, 'insufficient_credits');
      expect(uploads()).toBe(1);
      clock.skip(61_000);
      await host.until(() => uploads() === 2);
      await host.until(
        async () =>
          (await host.database.manager.findOneByOrFail(ExdataAccountState, { account: 'default' })).probeRowId === null,
      );
      clock.skip(61_000);
      for (const id of [first, second])
        await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
      expect(host.pager.alerts).toHaveLength(1);
      expect(host.sandbox.documents.list()).toHaveLength(2);
    });
  });

  it.each([
    [401, 'authentication_failed'],
    [403, 'permission_denied'],
  ])('[C2] %d puts the account on hold until it is released; the same key goes out then', async (status, reason) => {
    await start();
    const [first, second] = [fresh(), fresh()];
    host.sandbox.faults.request(requestFaults.problem(status, 'refused', 'No.'), { match: isUpload });
    await submit(first);
    await host.until(() => host.pager.alerts.length > 0);
    expect(host.pager.alerts).toEqual([expect.objectContaining({ kind: reason, sourceId: first })]);
    // Nothing of it can be at exdata.
    expect(await seen(first)).toMatchObject({ state: 'queued', firstSentAt: null });
    await submit(second);
    await untilProblem(second, reason);
    expect(uploads()).toBe(1);
    await host.uploads.releaseHold('default');
    for (const id of [first, second])
      await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
    expect(await seen(first)).toMatchObject({ generation: 1 });
    expect(
      new Set(host.sandbox.journal.requests((entry) => isUpload(entry)).map(({ idempotencyKey }) => idempotencyKey))
        .size,
    ).toBe(2);
  });

  it('[E2] 429 is one not-before for all uploads and reads of the account, and burns no attempt', async () => {
    const clock = new ShiftedClock();
    await start({ extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] } });
    const [first, second] = [fresh(), fresh()];
    host.sandbox.faults.request(requestFaults.tooManyRequests(3_600), { match: isUpload });
    await submit(first);
    await host.until(async () => (await seen(first)).problem?.retryAt != null);
    await submit(second);
    await untilProblem(second, 'rate_limited');
    const rows = [await seen(first), await seen(second)];
    expect(rows.map(({ state, work }) => [state, work.failures])).toEqual([
      ['queued', 0],
      ['queued', 0],
    ]);
    expect(rows[1]?.problem?.retryAt).toBe(
      (await host.database.manager.findOneByOrFail(ExdataAccountState, { account: 'default' })).notBefore,
    );
    expect(uploads()).toBe(1);
    clock.skip(3_600_000);
    for (const id of [first, second])
      await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
    expect(uploads()).toBe(3);
    expect(host.pager.alerts).toEqual([]);
  });

  it('an alert that nobody takes is cut off after 30 seconds, counts as a failure, and is raised again', async () => {
    const clock = new ShiftedClock();
    await start({
      extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
      options: { work: { leaseMs: 300_000, sweepEveryMs: 50, retryFirstMs: 60_000, retryMaxMs: 60_000 } },
    });
    const raised: string[] = [];
    host.pager.raise = ({ kind }) => {
      raised.push(kind);
      return raised.length === 1 ? new Promise(() => undefined) : Promise.resolve();
    };
    host.sandbox.faults.request(requestFaults.problem(403, 'refused', 'No.'), { match: isUpload });
    const id = fresh();
    await submit(id);
    await host.until(() => raised.length === 1);
    const alert = () => host.database.manager.findOneByOrFail(ExdataAlertRow, { sourceId: id });
    clock.skip(30_000);
    await host.until(async () => (await alert()).work.failures === 1);
    expect((await alert()).work.lastError).toContain('took longer than 30000 ms');
    clock.skip(60_000);
    await host.until(async () => (await alert()).outcome === 'raised');
    expect(raised).toEqual(['permission_denied', 'permission_denied']);
  });

  it('[E2] a wait of centuries is believed for 26 hours at most, and a person can end it', async () => {
    const clock = new ShiftedClock();
    await start({ extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] } });
    const [first, second] = [fresh(), fresh()];
    host.sandbox.faults.request(requestFaults.tooManyRequests(9_999_999_999), { match: isUpload });
    await submit(first);
    await host.until(async () => (await seen(first)).problem?.retryAt != null);
    await submit(second);
    await untilProblem(second, 'rate_limited');
    const account = () => host.database.manager.findOneByOrFail(ExdataAccountState, { account: 'default' });
    expect((await account()).notBefore).toBeLessThanOrEqual(clock.now() + 26 * 3_600_000);
    expect(await host.uploads.holds()).toEqual([]);
    expect(await host.uploads.releaseHold()).toBe(true);
    expect(await account()).toMatchObject({ notBefore: null, uploadNotBefore: null });
    expect(await host.uploads.releaseHold()).toBe(false);
    for (const id of [first, second])
      await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
    expect(uploads()).toBe(3);
  });

  it('the daily limit of test mode is shown, alerted once, and over when exdata takes an upload again', async () => {
    const clock = new ShiftedClock();
    await start({ extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] } });
    const id = fresh();
    const limit = requestFaults.problem(429, 'test_mode_limit_exceeded', 'Tomorrow.');
    host.sandbox.faults.request(limit, { match: isUpload, times: 3 });
    await submit(id);
    for (const sent of [1, 2, 3]) {
      await host.until(() => uploads() === sent);
      await untilProblem(id, 'test_mode_limit_exceeded');
      await host.until(async () => ((await seen(id)).work.dueAt ?? 0) > clock.now());
      clock.skip(3_600_000);
    }
    await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
    expect(host.pager.alerts.map(({ kind }) => kind)).toEqual(['test_mode_limit_exceeded']);
    expect(await host.database.manager.findOneByOrFail(ExdataAccountState, { account: 'default' })).toMatchObject({
      limitedSince: null,
    });
  });

  it('[C4] a document of the other mode is refused, alerted, and nothing more is sent', async () => {
    await start();
    const [first, second] = [fresh(), fresh()];
    const live = { id: 4711, status: 'pending', mode: 'live' };
    host.sandbox.faults.request({ accept: false, respond: { status: 201, body: { data: live } } }, { match: isUpload });
    await submit(first);
    expect(await host.documents.waitFor(source(first), { timeoutMs: patienceMs })).toMatchObject({
      state: 'failed',
      exdataId: null,
      exdataMode: 'live',
      problem: { code: 'wrong_mode', message: expect.stringContaining('4711') as unknown },
    });
    await submit(second);
    await untilProblem(second, 'wrong_mode');
    expect(uploads()).toBe(1);
    expect(host.pager.alerts).toEqual([
      expect.objectContaining({ kind: 'wrong_mode', documentId: '4711', sourceId: first }),
    ]);
  });

  describe('[U1] a key older than its lifetime', () => {
    const past = async (
      answer: Parameters<Host['sandbox']['faults']['request']>[0],
    ): Promise<{ id: string; clock: ShiftedClock }> => {
      const clock = new ShiftedClock();
      await start({
        extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
        options: {
          work: {
            sweepEveryMs: 50,
            retryFirstMs: 48 * 3_600_000,
            retryMaxMs: 48 * 3_600_000,
            retryTotalMs: 400 * 3_600_000,
          },
        },
      });
      const id = fresh();
      host.sandbox.faults.request(answer, { match: isUpload });
      await submit(id);
      await host.until(async () => (await seen(id)).state === 'unconfirmed');
      await host.until(async () => ((await seen(id)).work.dueAt ?? 0) > clock.now());
      return { id, clock };
    };

    it('is not sent again where exdata lists the document: it is linked', async () => {
      const { id, clock } = await past(requestFaults.answerLost());
      clock.skip(49 * 3_600_000);
      const row = await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
      expect(row.exdataId).toBe(String(host.sandbox.documents.list()[0]?.id));
      expect(uploads()).toBe(1);
      expect(host.sandbox.documents.list()).toHaveLength(1);
    });

    it('is sent again where exdata lists no such document', async () => {
      const { id, clock } = await past(requestFaults.badGateway());
      clock.skip(49 * 3_600_000);
      await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
      expect(uploads()).toBe(2);
      expect(host.sandbox.documents.list()).toHaveLength(1);
      expect(await what(id)).toContain('reconciled');
    });
  });

  describe('resubmit', () => {
    it('makes a new generation under a new key, and keeps the history of the old', async () => {
      await start();
      const id = fresh();
      host.sandbox.faults.request(requestFaults.problem(400, 'odd', 'No.'), { match: isUpload });
      await submit(id);
      const failed = await host.documents.waitFor(source(id), { timeoutMs: patienceMs });
      expect(failed).toMatchObject({ state: 'failed', generation: 1 });
      const next = await host.uploads.resubmit(source(id), { reason: 'exdata was mended' });
      expect(next).toMatchObject({ generation: 2, reason: 'exdata was mended', sha256: failed.sha256 });
      await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
      expect(next.idempotencyKey).not.toBe(failed.idempotencyKey);
      expect(await host.documents.generations(source(id))).toHaveLength(2);
      const generationsIn = async (query: ExdataLinkQuery): Promise<number[]> =>
        (await host.documents.list(query)).data
          .filter(({ sourceId }) => sourceId === id)
          .map(({ generation }) => generation);
      expect(await generationsIn({})).toEqual([2]);
      expect(await generationsIn({ state: 'failed' })).toEqual([]);
      expect((await generationsIn({ generations: 'all' })).sort()).toEqual([1, 2]);
      expect((await what(id)).slice(0, 5)).toEqual(['queued', 'uploading', 'failed', 'resubmitted', 'queued']);
      expect(host.pager.alerts).toEqual([
        expect.objectContaining({ kind: 'document_failed', code: 'odd', sourceId: id }),
      ]);
    });

    it('is refused while the generation before is worked on, and for what was never submitted', async () => {
      await start();
      const id = fresh();
      await host.pending(id);
      await expect(host.uploads.resubmit(source(id), { reason: 'again' })).rejects.toMatchObject({
        code: 'still_open',
      });
      await expect(host.uploads.resubmit(source('never'), { reason: 'again' })).rejects.toMatchObject({
        code: 'not_submitted',
      });
    });
  });

  it('[U5] a wait that exdata asked for does not grow by two hours when the clock goes back by them', async () => {
    const clock = new ShiftedClock();
    await start({ extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] } });
    host.sandbox.faults.request(requestFaults.tooManyRequests(30), { match: isUpload, times: 1 });
    const id = fresh();
    await submit(id);
    await host.until(async () => ((await seen(id)).work.dueAt ?? 0) > clock.now() + 20_000);
    clock.skip(-7_200_000);
    await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
    expect(uploads()).toBeGreaterThanOrEqual(2);
  });
}
