import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  EXDATA_CLOCK,
  ExdataDeliveryService,
  ExdataDelivery,
  ExdataDeliveryNotFoundError,
  ExdataHandlerRun,
  exdataSecretFromProvider,
} from 'nestjs-exdata';
import type { ExdataClock, ExdataMode, ExdataModuleOptions } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { RequestFacts } from 'nestjs-exdata-sandbox';
import type { DataSourceOptions } from 'typeorm';
import { Host, secret } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { Scene, source } from '../deliveries/scene.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { patienceMs } from '../until.js';
import { ledgerOf } from './snapshot.js';

const day = 86_400_000;
const isUpload = ({ method, path }: RequestFacts): boolean => method === 'POST' && path.endsWith('/documents');
const away = requestFaults.problem(503, 'unavailable', 'Away.');
const noCredits = requestFaults.problem(402, 'insufficient_credits', 'No credits.');

/** Looks, sweeps and prunes as often as it can, so that whatever would be touched is. */
function optionsOf(mode: ExdataMode): Partial<ExdataModuleOptions> {
  return {
    mode,
    token: exdataSecretFromProvider(() => `sandbox_${mode}_token`),
    webhookSecrets: [{ id: 'current', secret: exdataSecretFromProvider(() => secret) }],
    allowInsecureBaseUrl: true,
    upload: { spool: 'database' },
    polling: { firstMs: 100, maxMs: 100 },
    webhook: { timestampCheck: false, pruneEveryMs: 100 },
    work: { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200 },
  };
}

describe('[C4 U1] test, then live, on SQLite', () => {
  leaveAlone(() => undefined);
});
describeWithPostgres('[C4 U1] test, then live, on PostgreSQL', ({ url }) => {
  leaveAlone(() => ({ type: 'postgres', url }));
});
describeWithMariadb('[C4 U1] test, then live, on MariaDB', ({ url }) => {
  leaveAlone(() => ({ type: 'mariadb', url }));
});

function leaveAlone(database: () => DataSourceOptions | undefined): void {
  let host: Host;
  let pending: number;
  let lines: string[];

  const start = async (mode: ExdataMode, clock?: ExdataClock): Promise<void> => {
    const chosen = database();
    lines = [];
    const keep = (message: unknown): void => void lines.push(String(message));
    const extras = { providers: clock ? [{ provide: EXDATA_CLOCK, useValue: clock }] : [] };
    const before = host as Host | undefined;
    host = await Host.start({
      ...(chosen && { database: chosen }),
      ...(before && { after: before }),
      options: optionsOf(mode),
      extras,
      logger: { log: keep, warn: keep, error: keep },
      // What one mode is shown of the other's documents is not documented: this is the harder way.
      simulator: { readings: { crossMode: 'visible' } },
    });
  };
  const submit = async (id: string): Promise<void> => {
    await host.uploads.submit({ source: source(id), file: Buffer.from(`%PDF-1.4 ${id}`), filename: `${id}.pdf` });
  };
  const requestsIn = (mode: ExdataMode, after: number): readonly unknown[] =>
    host.sandbox.journal.requests((entry) => entry.mode === mode && entry.seq > after);
  const lastRequest = (): number => host.sandbox.journal.requests().at(-1)?.seq ?? 0;
  const deliveries = (): ExdataDeliveryService => host.app.get(ExdataDeliveryService);

  let left: Awaited<ReturnType<typeof ledgerOf>>;
  let leftAt: number;

  /**
   * Leaves in test mode one of everything that is not at its end: pending, handled without success, dead, held, queued.
   */
  beforeAll(async () => {
    await start('test');
    host.bookkeeping.afterWrite = ({ link }) => {
      if (link.sourceId === 'unbooked') throw new Error('not today');
    };
    pending = await host.pending('pending');
    await host.sandbox.documents.finish(await host.pending('unbooked'));
    await host.until(() => host.bookkeeping.calls.some(({ link }) => link.sourceId === 'unbooked'));
    await new Scene(host).post('{"event":"document.completed","data":{"id":999999999}}');
    await host.until(() => host.database.manager.existsBy(ExdataDelivery, { outcome: 'dead' }));
    host.sandbox.faults.request(away, { match: isUpload, times: 1_000 });
    await submit('queued');
    await host.until(async () => ((await host.documents.findBySource(source('queued')))?.work.failures ?? 0) > 0);
    const key = (await host.documents.findBySource(source('queued')))?.idempotencyKey;
    host.sandbox.faults.clear();
    host.sandbox.faults.request(away, {
      match: (facts) => isUpload(facts) && facts.idempotencyKey === key,
      times: 1_000,
    });
    host.sandbox.faults.request(noCredits, {
      match: (facts) => isUpload(facts) && facts.idempotencyKey !== key,
      times: 1_000,
    });
    await submit('blocked');
    await host.until(async () => (await host.uploads.holds()).length > 0);
    await host.end();
    host.sandbox.faults.clear();
    await start('live');
    left = await ledgerOf(host.database, 'test');
    leftAt = lastRequest();
  });
  afterAll(() => host.close());

  it('live says once at its start what it leaves alone, and shows it to whoever asks for it alone', async () => {
    const said = lines.filter((line) => line.startsWith('start.left_to_other_mode'));
    expect(said).toEqual([expect.stringMatching(/mode=test documents=2 deliveries=0 handlerRuns=1/)]);
    expect((await host.documents.list()).data).toEqual([]);
    expect(
      (await host.documents.list({ mode: 'test' })).data.map(({ sourceId, state }) => [sourceId, state]).sort(),
    ).toEqual([
      ['blocked', 'blocked'],
      ['pending', 'pending'],
      // Its process ended in the midst of an attempt, or after one.
      ['queued', expect.stringMatching(/^(uploading|unconfirmed)$/)],
      ['unbooked', 'completed'],
    ]);
    expect(await host.documents.findBySource(source('pending'))).toBeNull();
    expect(await host.documents.findByExdataId(String(pending))).toBeNull();
    expect(await host.uploads.holds()).toEqual([]);
    expect(await host.uploads.releaseHold()).toBe(false);
  });

  it('live reopens no dead letter of test mode, and lists it for whoever asks', async () => {
    expect((await deliveries().list()).data).toEqual([]);
    const [dead] = (await deliveries().list({ mode: 'test', outcome: 'dead' })).data;
    const run = await host.database.manager.findOneByOrFail(ExdataHandlerRun, { outcome: 'open' });
    expect(await deliveries().redrive()).toMatchObject({ deliveries: [], handlerRuns: [] });
    for (const id of [String(dead?.id), run.id]) {
      await expect(deliveries().replay(id)).rejects.toThrow(ExdataDeliveryNotFoundError);
      await expect(deliveries().discard(id, 'not ours')).rejects.toThrow(ExdataDeliveryNotFoundError);
    }
  });

  it('the same source is a new upload in live mode, under a key of its own, and is booked there', async () => {
    for (const id of ['queued', 'pending']) {
      await host.sandbox.documents.finish(await host.pending(id));
      await host.handled(id);
      const live = await host.documents.findBySource(source(id));
      const test = (await host.documents.list({ mode: 'test' })).data.find(({ sourceId }) => sourceId === id);
      expect(live).toMatchObject({ mode: 'live', generation: 1, exdataMode: 'live', sha256: test?.sha256 });
      expect([live?.idempotencyKey, live?.correlationId]).not.toEqual([test?.idempotencyKey, test?.correlationId]);
    }
    expect(host.bookkeeping.calls.map(({ link }) => [link.mode, link.sourceId])).toEqual([
      ['live', 'queued'],
      ['live', 'pending'],
    ]);
  });

  it('a delivery about a document of test mode does nothing in live mode', async () => {
    await host.sandbox.documents.finish(pending);
    await host.until(() =>
      host.database.manager.existsBy(ExdataDelivery, { mode: 'live', exdataId: String(pending), outcome: 'foreign' }),
    );
    await host.inboxWorkedOff();
    expect(host.bookkeeping.calls).toHaveLength(2);
  });

  it('whatever falls due in live mode within a hundred days touches no row and no byte of test mode', async () => {
    await host.end();
    const clock = new ShiftedClock();
    clock.skip(100 * day);
    await start('live', clock);
    await host.until(async () => !(await host.database.manager.existsBy(ExdataDelivery, { mode: 'live' })));
    await host.sandbox.documents.finish(await host.pending('later'));
    await host.handled('later');
    await host.inboxWorkedOff();
    expect(await ledgerOf(host.database, 'test')).toEqual(left);
    expect(requestsIn('test', leftAt)).toEqual([]);
    await host.end();
  });

  it('test mode goes on where it was left, each document sent once', async () => {
    await start('test');
    expect(lines.filter((line) => line.startsWith('start.left_to_other_mode'))).toEqual([]);
    const from = lastRequest();
    await host.uploads.releaseHold();
    for (const id of ['queued', 'blocked'])
      await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
    await host.documents.waitFor(source('pending'), { until: 'completed', timeoutMs: patienceMs });
    await host.handled('unbooked');
    await host.handled('pending');
    expect(requestsIn('live', from)).toEqual([]);
    const documents = host.sandbox.documents.list().map(({ mode, requester }) => `${mode} ${String(requester)}`);
    expect(new Set(documents).size).toBe(documents.length);
    expect(host.sandbox.documents.list().filter(({ mode }) => mode === 'test')).toHaveLength(4);
    expect(host.sandbox.documents.list().filter(({ mode }) => mode === 'live')).toHaveLength(3);
  });
}
