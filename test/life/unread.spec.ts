import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { EXDATA_CLOCK, ExdataDeliveryService, ExdataHandlerRun, ExdataLink, OnExdataDocument } from 'nestjs-exdata';
import type { ExdataDocumentContext } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { RequestFault } from 'nestjs-exdata-sandbox';
import { IsNull } from 'typeorm';
import { isRead, source } from '../deliveries/scene.js';
import { Host } from './host.js';
import type { HostOptions } from './host.js';
import { ShiftedClock } from './shifted-clock.js';

/** A host's own answer to an extraction that cannot be read. */
@Injectable()
class Clerk {
  readonly calls: ExdataDocumentContext[] = [];

  @OnExdataDocument('unread', { id: 'clerk' })
  look(context: ExdataDocumentContext): void {
    this.calls.push(context);
  }
}

const json = (body: string): RequestFault => ({
  respond: { status: 200, headers: { 'Content-Type': 'application/json' }, body },
});
const heavy = `{"data":{"id":1,"a":{"value":[${Array(400_000).fill(0).join(',')}],"candidates":null}}}`;
const deep = `{"data":{"a":{"value":${'['.repeat(100_000)}${']'.repeat(100_000)},"candidates":null}}}`;
const large = requestFaults.oversized(6_000_000);
const isExtraction = ({ path }: { readonly path: string }): boolean => path.endsWith('/extractions');
const ever = { times: 1_000 };

let host: Host;
afterEach(() => host.close());

async function start(more: HostOptions = {}): Promise<void> {
  host = await Host.start({ providers: [Clerk], ...more });
}
const seen = async (id: string): Promise<ExdataLink | null> => host.documents.findBySource(source(id));
const runs = (handler: string): Promise<ExdataHandlerRun[]> =>
  host.database.manager.findBy(ExdataHandlerRun, { handler });
const reads = (): number => host.sandbox.journal.requests(isExtraction).length;
const clerk = (): Clerk => host.app.get(Clerk);
const deliveries = (): ExdataDeliveryService => host.app.get(ExdataDeliveryService);

describe('a completed document whose extraction cannot be read', () => {
  it.each([
    ['response_too_large', 'confirm-failed', large, 1],
    ['response_too_heavy', 'confirm-failed', json(heavy), 1],
    ['response_too_deep', 'confirm-failed', json(deep), 1],
    ['gone', 'unknown-document', requestFaults.problem(404, 'gone', 'No.'), 5],
    ['teapot', 'confirm-failed', requestFaults.problem(418, 'teapot', 'No.'), 1],
  ])('(%s) is told to a person at once, and handled once it is mended', async (code, reason, fault, times) => {
    await start();
    const mend = host.sandbox.faults.request(fault, { match: isExtraction, ...ever });
    await host.sandbox.documents.finish(await host.pending('UNREAD'));
    await host.until(() => host.pager.alerts.length > 0 && clerk().calls.length > 0);
    expect(host.pager.alerts).toEqual([
      expect.objectContaining({
        kind: 'dead_letter',
        code: reason,
        sourceId: 'UNREAD',
        message: expect.stringContaining(code),
      }),
    ]);
    expect(await seen('UNREAD')).toMatchObject({ state: 'completed', problem: { code, retryAt: null, fields: null } });
    expect(await runs('bookkeeping')).toMatchObject([{ outcome: 'dead', reason }]);
    expect(reads()).toBe(times);
    expect(clerk().calls).toMatchObject([
      {
        status: 'unread',
        extraction: null,
        link: { sourceId: 'UNREAD', problem: { code } },
        document: { status: 'completed' },
      },
    ]);
    // Neither a look at the document nor a webhook that comes again says anything of its extraction.
    await host.documents.refresh(source('UNREAD'));
    expect(await seen('UNREAD')).toMatchObject({ problem: { code } });

    mend();
    expect(await deliveries().redrive({ since: 0 })).toMatchObject({ handlerRuns: [expect.any(String)] });
    await host.until(async () => (await runs('bookkeeping')).every(({ outcome }) => outcome === 'done'));
    expect(await host.bills('UNREAD')).toEqual([{ status: 'completed' }]);
    expect(await seen('UNREAD')).toMatchObject({ state: 'completed', problem: null });
    expect(clerk().calls).toHaveLength(1);
  });

  it('(response_too_large) is read where the options allow as much', async () => {
    await start({ options: { maxResponseBytes: 7_000_000 } });
    host.sandbox.faults.request(large, { match: isExtraction, ...ever });
    await host.sandbox.documents.finish(await host.pending('LARGE'));
    await host.handled('LARGE');
    expect(host.pager.alerts).toEqual([]);
  });

  it('is told to a person a second time where it is put to work again in vain', async () => {
    await start();
    host.sandbox.faults.request(large, { match: isExtraction, ...ever });
    await host.sandbox.documents.finish(await host.pending('AGAIN'));
    await host.until(() => host.pager.alerts.length === 1);
    await deliveries().redrive({ since: 0 });
    await host.until(() => host.pager.alerts.length === 2);
    expect(clerk().calls).toHaveLength(1);
  });

  it.each([
    ['invalid_json', json('<html>')],
    ['invalid_response', json('{"x":1}')],
    ['invalid_response', json('{"data":"x"}')],
    ['redirect', requestFaults.redirect('https://elsewhere.example/')],
  ])(
    '(%s) for long is told to a person while it is tried on, and handled by itself once it is mended',
    async (code, fault) => {
      await start();
      const mend = host.sandbox.faults.request(fault, { match: isExtraction, ...ever });
      for (const id of ['ODD-1', 'ODD-2']) await host.sandbox.documents.finish(await host.pending(id));
      await host.until(() => clerk().calls.length === 2);
      await host.until(() => host.pager.alerts.length === 2);
      expect(host.pager.alerts).toEqual(Array(2).fill(expect.objectContaining({ kind: 'document_unread', code })));
      expect(host.pager.alerts.map(({ sourceId }) => sourceId).sort()).toEqual(['ODD-1', 'ODD-2']);
      expect(await seen('ODD-1')).toMatchObject({ state: 'completed', problem: { code } });
      expect(await runs('bookkeeping')).toMatchObject([{ outcome: 'open' }, { outcome: 'open' }]);
      mend();
      for (const id of ['ODD-1', 'ODD-2']) {
        await host.until(async () => (await host.bills(id)).length === 1);
        expect(await seen(id)).toMatchObject({ state: 'completed', problem: null });
      }
      expect(host.pager.alerts).toHaveLength(2);
    },
  );

  it('is nothing to tell of when the first answers alone are odd', async () => {
    await start();
    host.sandbox.faults.request(json('<html>'), { match: isExtraction, times: 3 });
    host.sandbox.faults.request(requestFaults.problem(404, 'not_yet', 'No.'), { match: isExtraction, skip: 3 });
    await host.sandbox.documents.finish(await host.pending('LATE'));
    await host.handled('LATE');
    expect(host.pager.alerts).toEqual([]);
    expect(clerk().calls).toEqual([]);
    expect(await seen('LATE')).toMatchObject({ problem: null });
  });

  it('(403) puts the account on hold, and is handled once the token may read', async () => {
    await start();
    const mend = host.sandbox.faults.request(requestFaults.problem(403, 'forbidden', 'No.'), {
      match: isExtraction,
      ...ever,
    });
    await host.sandbox.documents.finish(await host.pending('DENIED'));
    await host.until(() => host.pager.alerts.length > 0);
    expect(host.pager.alerts).toEqual([
      expect.objectContaining({
        kind: 'permission_denied',
        code: 'forbidden',
        sourceId: 'DENIED',
        message: expect.stringContaining('documents:read'),
      }),
    ]);
    expect(await host.uploads.holds()).toMatchObject([{ account: 'default', reason: 'permission_denied' }]);
    expect(await seen('DENIED')).toMatchObject({ state: 'completed', problem: { code: 'forbidden', retryAt: null } });
    // It waits for the account, and burns no attempt.
    expect(await runs('bookkeeping')).toMatchObject([{ outcome: 'open', work: { failures: 0 } }]);
    mend();
    await host.uploads.releaseHold('default');
    await host.handled('DENIED');
    expect(await seen('DENIED')).toMatchObject({ problem: null });
    expect(host.pager.alerts).toHaveLength(1);
  });

  it('(403) on an account that is on hold for something else is one alert beside that hold’s', async () => {
    await start();
    const ids = [await host.pending('DENIED-1'), await host.pending('DENIED-2')];
    host.sandbox.faults.request(requestFaults.problem(402, 'insufficient_credits', 'No credits.'));
    await host.uploads.submit({ source: source('POOR'), file: Buffer.from('%PDF-1.4 POOR') });
    await host.until(async () => (await host.uploads.holds()).length > 0);
    const forbidden = requestFaults.problem(403, 'forbidden', 'No.');
    host.sandbox.faults.request(forbidden, { match: isExtraction, ...ever });
    for (const id of ids) await host.sandbox.documents.finish(id);
    for (const id of ['DENIED-1', 'DENIED-2'])
      await host.until(async () => (await seen(id))?.problem?.code === 'forbidden');
    await host.until(() => host.pager.alerts.length > 1);
    expect(host.pager.alerts.map(({ kind, code }) => [kind, code])).toEqual([
      ['insufficient_credits', 'insufficient_credits'],
      ['permission_denied', 'forbidden'],
    ]);
    expect(await host.uploads.holds()).toMatchObject([{ reason: 'insufficient_credits' }]);
  });

  it('is told of before the handler’s own errors are: one that throws what exdata might have answered is tried on', async () => {
    await start();
    let failures = 2;
    host.bookkeeping.afterWrite = async () => {
      if (failures-- > 0) await host.documents.extraction({ type: 'invoice', id: 'nobody' });
    };
    await host.sandbox.documents.finish(await host.pending('THROWN'));
    await host.handled('THROWN');
    expect(host.pager.alerts).toEqual([]);
  });
});

describe('a pending document that cannot be read', () => {
  const options = { polling: { firstMs: 100, maxMs: 200 } };

  it.each([
    ['response_too_large', large],
    ['response_too_heavy', json(heavy)],
    ['gone', requestFaults.problem(404, 'gone', 'No.')],
    ['invalid_json', json('<html>')],
  ])('(%s) when it is polled is told to a person, and taken over once it is mended', async (code, fault) => {
    await start({ options });
    host.sandbox.webhooks.removeEndpoint(host.endpointId);
    const mend = host.sandbox.faults.request(fault, { match: isRead, ...ever });
    await host.sandbox.documents.finish(await host.pending('POLLED'));
    await host.until(() => host.pager.alerts.length > 0);
    expect(host.pager.alerts).toEqual([expect.objectContaining({ kind: 'document_unread', code, sourceId: 'POLLED' })]);
    expect(await seen('POLLED')).toMatchObject({ state: 'pending', problem: { code } });
    mend();
    await host.handled('POLLED');
    expect(await seen('POLLED')).toMatchObject({ state: 'completed', problem: null });
    expect(host.pager.alerts).toHaveLength(1);
  });

  it('since processes ended while they polled it is told to a person, and looked at again after an hour', async () => {
    const clock = new ShiftedClock();
    await start({ options, extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] } });
    host.sandbox.webhooks.removeEndpoint(host.endpointId);
    const exdataId = await host.pending('DEADLY');
    await host.until(async () => {
      const of = { sourceId: 'DEADLY', work: { leaseUntil: IsNull() } };
      const { affected } = await host.database.manager.update(ExdataLink, of, { work: { starts: 103, finishes: 100 } });
      return affected === 1;
    });
    await host.until(() => host.pager.alerts.length > 0);
    expect(host.pager.alerts).toMatchObject([{ kind: 'document_unread', code: 'poll_failed', sourceId: 'DEADLY' }]);
    await host.sandbox.documents.finish(exdataId);
    clock.skip(3_600_000);
    await host.handled('DEADLY');
    expect(await seen('DEADLY')).toMatchObject({ state: 'completed', problem: null });
  });

  it.each([
    ['response_too_large', large],
    ['response_too_heavy', json(heavy)],
    ['teapot', requestFaults.problem(418, 'teapot', 'No.')],
  ])(
    '(%s) when a delivery names it is told to a person at once, and taken over when it is replayed',
    async (code, fault) => {
      await start({ options: { polling: { firstMs: 600_000, maxMs: 600_000 } } });
      const mend = host.sandbox.faults.request(fault, { match: isRead, ...ever });
      await host.sandbox.documents.finish(await host.pending('NAMED'));
      await host.until(() => host.pager.alerts.length > 0);
      expect(host.pager.alerts).toEqual([expect.objectContaining({ kind: 'dead_letter', code: 'confirm-failed' })]);
      expect(await host.inboxWorkedOff()).toEqual(['dead']);
      await host.until(async () => (await seen('NAMED'))?.problem?.code === code);
      expect(await seen('NAMED')).toMatchObject({ state: 'pending' });
      expect(host.sandbox.journal.requests(isRead)).toHaveLength(1);
      mend();
      await deliveries().redrive({ since: 0 });
      await host.handled('NAMED');
      expect(await seen('NAMED')).toMatchObject({ state: 'completed', problem: null });
    },
  );

  it('by a status that nobody knows is a line a minute with a count, of a length that a line may have', async () => {
    await start({ options });
    const status = 'archived'.repeat(600);
    const mend = host.sandbox.faults.request(requestFaults.otherData({ status }), { match: isRead, ...ever });
    for (const id of ['NEW-1', 'NEW-2']) await host.sandbox.documents.finish(await host.pending(id));
    await host.until(() => host.sandbox.journal.requests(isRead).length >= 6);
    const lines = host.lines.filter((line) => line.includes('document.unknown_status'));
    expect(lines).toEqual([expect.stringContaining('count=1')]);
    expect(lines[0]).toContain(status.slice(0, 64));
    expect(lines[0]).not.toContain(status.slice(0, 65));
    expect(await seen('NEW-1')).toMatchObject({ state: 'pending', flag: 'unknown_status' });
    mend();
    for (const id of ['NEW-1', 'NEW-2']) await host.handled(id);
  });

  it('(403) when it is polled puts the account on hold', async () => {
    await start({ options });
    host.sandbox.webhooks.removeEndpoint(host.endpointId);
    const mend = host.sandbox.faults.request(requestFaults.problem(403, 'forbidden', 'No.'), {
      match: isRead,
      ...ever,
    });
    await host.sandbox.documents.finish(await host.pending('HELD'));
    await host.until(() => host.pager.alerts.length > 0);
    expect(host.pager.alerts).toEqual([expect.objectContaining({ kind: 'permission_denied', sourceId: 'HELD' })]);
    expect(await seen('HELD')).toMatchObject({ state: 'pending', problem: { code: 'forbidden' } });
    mend();
    await host.handled('HELD');
    expect(await seen('HELD')).toMatchObject({ state: 'completed', problem: null });
  });
});
