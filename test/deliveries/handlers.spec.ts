import { Injectable } from '@nestjs/common';
import type { CallHandler, CanActivate, ExceptionFilter, NestInterceptor } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  EXDATA_CLOCK,
  ExdataDeliveryService,
  ExdataDeliveryRun,
  ExdataHandlerRun,
  OnExdataDelivery,
  OnExdataDocument,
} from 'nestjs-exdata';
import type { ExdataDeliveryContext, ExdataDocumentContext } from 'nestjs-exdata';
import type { DataSourceOptions } from 'typeorm';
import { Host } from '../life/host.js';
import type { HostOptions } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { Scene } from './scene.js';

/** Handlers of raw deliveries; each call writes a row in the handler's transaction. */
@Injectable()
class Desk {
  readonly calls: string[] = [];
  readonly contexts: ExdataDeliveryContext[] = [];
  act: (handler: string, context: ExdataDeliveryContext) => void | Promise<void> = () => undefined;

  @OnExdataDelivery('*', { id: 'all' })
  all(context: ExdataDeliveryContext): Promise<void> {
    return this.#take('all', context);
  }

  @OnExdataDelivery('account.changed', { id: 'changes' })
  changed(context: ExdataDeliveryContext): Promise<void> {
    return this.#take('changes', context);
  }

  @OnExdataDelivery('account.changed', { id: 'every', replays: true })
  every(context: ExdataDeliveryContext): Promise<void> {
    return this.#take('every', context);
  }

  times(handler: string): number {
    return this.calls.filter((call) => call === handler).length;
  }

  async #take(handler: string, context: ExdataDeliveryContext): Promise<void> {
    this.calls.push(handler);
    this.contexts.push(context);
    await context.manager.query(`insert into bills (invoice, status) values ('${handler}', 'desk')`);
    await this.act(handler, context);
  }
}

/** A second handler of the same state, beside the host's bookkeeping. */
@Injectable()
class Archive {
  calls = 0;
  act: (context: ExdataDocumentContext) => void | Promise<void> = () => undefined;

  @OnExdataDocument('completed', { id: 'archive' })
  async keep(context: ExdataDocumentContext): Promise<void> {
    this.calls++;
    await context.manager.query(`insert into bills (invoice, status) values ('${context.link.sourceId}', 'archived')`);
    await this.act(context);
  }
}

describe('on SQLite', () => {
  handlers(() => undefined);
});
describeWithPostgres('on PostgreSQL', ({ url }) => {
  handlers(() => ({ type: 'postgres', url }), {
    sleep: 'select pg_sleep(600)',
    sleeping: `select pid from pg_stat_activity where datname = current_database() and state = 'active' and query like 'select pg_sleep%'`,
  });
});
describeWithMariadb('on MariaDB', ({ url }) => {
  handlers(() => ({ type: 'mariadb', url }), {
    sleep: 'select sleep(600)',
    sleeping: `select id from information_schema.processlist where db = database() and info like 'select sleep(600)%'`,
  });
});

/** A statement that lasts, and how those that are at it are found. */
interface LongStatement {
  readonly sleep: string;
  readonly sleeping: string;
}

function handlers(database: () => DataSourceOptions | undefined, long?: LongStatement): void {
  let host: Host;
  let scene: Scene;
  let desk: Desk;
  let archive: Archive;
  let clock: ShiftedClock;
  const start = async (options: HostOptions = {}): Promise<void> => {
    const chosen = database();
    clock = new ShiftedClock();
    desk = new Desk();
    archive = new Archive();
    const extras = { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
    const providers = [
      { provide: Desk, useValue: desk },
      { provide: Archive, useValue: archive },
      ...(options.providers ?? []),
    ];
    host = await Host.start({ ...(chosen && { database: chosen }), extras, ...options, providers });
    scene = new Scene(host);
    await scene.empty();
  };
  afterEach(() => host.close());

  /** By the clock of the test, so that a slow machine cuts nothing off. */
  const handlerTimeoutMs = 200_000;

  const runs = (where: Partial<Pick<ExdataDeliveryRun, 'handler' | 'outcome'>>): Promise<ExdataDeliveryRun[]> =>
    host.database.manager.findBy(ExdataDeliveryRun, where);
  const written = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    const rows = await host.database.query<{ invoice: string }[]>(`select invoice from bills`);
    for (const { invoice } of rows) counts[invoice] = (counts[invoice] ?? 0) + 1;
    return counts;
  };
  const changed = '{"event":"account.changed","data":{"plan":"large"}}';

  describe('a raw delivery', () => {
    it('[W4] of an event that nobody knows is stored, answered 204, and passed to its handlers and to * once', async () => {
      await start();
      expect(await scene.post(changed, { 'x-event': 'account.changed', 'x-delivery': 'one' })).toBe(204);
      await host.until(async () => (await runs({ outcome: 'done' })).length === 3);
      expect(await scene.outcomes()).toEqual({ ignored: 1 });
      expect(await written()).toEqual({ all: 1, changes: 1, every: 1 });
      expect(desk.contexts[0]).toMatchObject({
        account: 'default',
        deliveryId: 'one',
        event: 'account.changed',
        body: { event: 'account.changed', data: { plan: 'large' } },
        documentId: null,
        replayOf: null,
      });
      expect(desk.contexts[0]?.rawBody.toString()).toBe(changed);
      expect(new Set(desk.contexts.map(({ effectKey }) => effectKey)).size).toBe(3);
    });

    it('[W4] whose bytes come again under other ids repeats nothing but what asked for replays', async () => {
      await start();
      for (let copy = 0; copy < 5; copy++) await scene.post(changed, { 'x-event': 'account.changed' });
      await host.until(async () => (await runs({ outcome: 'done' })).length === 7);
      expect(await scene.outcomes()).toEqual({ ignored: 1, replayed: 4 });
      expect(await written()).toEqual({ all: 1, changes: 1, every: 5 });
    });

    it('[W4] is given to its handlers before exdata has been asked, and however that ends', async () => {
      await start();
      expect(await scene.post(scene.bodyOf(424_242))).toBe(204);
      await host.until(async () => (await runs({ outcome: 'done' })).length === 1);
      expect(await scene.outcomes()).toEqual({ 'dead unknown-document': 1 });
      expect(desk.contexts[0]).toMatchObject({ event: 'document.completed', documentId: '424242' });
    });

    it('[W4] fails for one handler without repeating its neighbours', async () => {
      await start();
      let failures = 3;
      desk.act = (handler) => {
        if (handler === 'changes' && failures-- > 0) throw new Error('not now');
      };
      await scene.post(changed, { 'x-event': 'account.changed' });
      await host.until(async () => (await runs({ outcome: 'done' })).length === 3);
      expect([desk.times('all'), desk.times('changes'), desk.times('every')]).toEqual([1, 4, 1]);
      expect(await written()).toEqual({ all: 1, changes: 1, every: 1 });
      const keys = desk.contexts
        .filter((_, index) => desk.calls[index] === 'changes')
        .map(({ effectKey }) => effectKey);
      expect(new Set(keys).size).toBe(1);
    });
  });

  describe('the runs of a document that is erased', () => {
    const short = { sweepEveryMs: 50, retryFirstMs: 10, retryMaxMs: 20, retryTotalMs: 60 };
    const slowPolls = { polling: { firstMs: 1_000_000, maxMs: 1_000_000 } };
    /** A document that ended, told by one delivery whose handler fails. */
    const failed = async (id: string): Promise<number> => {
      desk.act = () => Promise.reject(new Error('no room for SECRET.pdf'));
      const exdataId = await host.pending(id);
      host.sandbox.faults.delivery({ drop: true });
      await host.sandbox.documents.finish(exdataId);
      await scene.post(scene.bodyOf(exdataId));
      expect(await scene.outcomes()).toEqual({ applied: 1 });
      return exdataId;
    };

    it('[W4] that are dead keep nothing of what the handler said, and are not offered again', async () => {
      await start({ options: { ...slowPolls, work: short } });
      const exdataId = await failed('DEAD');
      await host.until(async () => (await runs({ outcome: 'dead' })).length === 1);
      await host.handled('DEAD', 2);
      expect(JSON.stringify(await runs({}))).toContain('SECRET');
      const deliveries = host.app.get(ExdataDeliveryService);
      // The run of the raw delivery, and those of the document's state.
      expect(await deliveries.eraseDocument({ documentId: String(exdataId) })).toEqual({
        documents: 1,
        deliveries: 1,
        handlerRuns: 3,
      });
      expect(await runs({})).toMatchObject([{ outcome: 'discarded', work: { lastError: null, dueAt: null } }]);
      expect(await deliveries.redrive()).toEqual({ dryRun: false, deliveries: [], handlerRuns: [] });
    });

    it('[W4] that are open are put away, and tell nobody', async () => {
      await start({
        options: {
          ...slowPolls,
          work: { ...short, retryTotalMs: 600_000, retryFirstMs: 300_000, retryMaxMs: 300_000 },
        },
      });
      const exdataId = await failed('OPEN');
      await host.until(async () => (await runs({ outcome: 'open' })).some(({ work }) => work.lastError !== null));
      await host.handled('OPEN', 2);
      await host.app.get(ExdataDeliveryService).eraseDocument({ documentId: String(exdataId) });
      expect(await runs({})).toMatchObject([{ outcome: 'discarded', work: { lastError: null, dueAt: null } }]);
      expect(host.pager.alerts).toEqual([]);
    });
  });

  describe('a handler of a state', () => {
    const completed = async (id: string): Promise<void> => {
      await host.sandbox.documents.finish(await host.pending(id));
    };
    const runOf = async (handler: string): Promise<ExdataHandlerRun | null> =>
      host.database.manager.findOneBy(ExdataHandlerRun, { handler });

    it('[W4] that fails until its retries have run out is dead, alerted once, and blocks neither its neighbour nor the document', async () => {
      await start({ options: { work: { sweepEveryMs: 50, retryFirstMs: 10, retryMaxMs: 20, retryTotalMs: 60 } } });
      archive.act = () => Promise.reject(new Error('the archive is full'));
      await completed('DEAD');
      await host.until(async () => (await runOf('archive'))?.outcome === 'dead');
      expect(await runOf('archive')).toMatchObject({
        reason: 'handler',
        work: { lastError: 'Error: the archive is full', dueAt: null },
      });
      const { starts, finishes } = (await runOf('archive'))?.work ?? {};
      expect(starts).toBe(archive.calls);
      expect(finishes).toBe(starts);
      await host.handled('DEAD');
      expect(await host.bills('DEAD')).toEqual([{ status: 'completed' }]);
      expect(host.bookkeeping.calls).toHaveLength(1);
      await host.until(() => host.pager.alerts.length > 0);
      expect(host.pager.alerts).toMatchObject([{ kind: 'dead_letter', code: 'handler', sourceId: 'DEAD' }]);
    });

    it('[W4] that heeds no signal is cut off when its time is up, and what it writes later is refused', async () => {
      await start({
        options: { work: { sweepEveryMs: 50, leaseMs: 600_000, retryFirstMs: 10, retryMaxMs: 20, handlerTimeoutMs } },
      });
      const late: unknown[] = [];
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      let isHeld = false;
      archive.act = async ({ manager, signal }) => {
        if (archive.calls > 1) return;
        isHeld = true;
        await held;
        late.push(signal.aborted);
        await manager
          .query(`insert into bills (invoice, status) values ('LATE', 'late')`)
          .catch((error: unknown) => late.push(error));
        await manager
          .transaction((inner) => inner.query(`insert into bills (invoice, status) values ('LATE', 'late')`))
          .catch((error: unknown) => late.push(error));
      };
      await completed('SLOW');
      await host.until(() => isHeld);
      clock.skip(handlerTimeoutMs);
      await host.until(async () => (await runOf('archive'))?.outcome === 'done');
      expect(archive.calls).toBe(2);
      release();
      await host.until(() => late.length === 3);
      expect(late).toEqual([true, expect.any(Error), expect.any(Error)]);
      await host.handled('SLOW', 2);
      expect((await host.bills('SLOW')).map(({ status }) => status).sort()).toEqual(['archived', 'completed']);
      expect(await host.bills('LATE')).toEqual([]);
    });

    it('[W4] that is cut off each time dies of a timeout', async () => {
      await start({
        options: {
          work: { sweepEveryMs: 50, retryFirstMs: 10, retryMaxMs: 20, retryTotalMs: 20, handlerTimeoutMs: 100 },
        },
      });
      archive.act = () => new Promise(() => undefined);
      await completed('NEVER');
      await host.until(async () => (await runOf('archive'))?.outcome === 'dead');
      expect(await runOf('archive')).toMatchObject({ reason: 'timeout' });
      expect((await host.bills('NEVER')).filter(({ status }) => status === 'archived')).toEqual([]);
    });

    if (long) {
      it('[W4] that waits for a statement is cut off in time all the same, and the statement ends', async () => {
        const { sleep, sleeping } = long;
        const work = {
          sweepEveryMs: 50,
          leaseMs: 600_000,
          retryFirstMs: 10,
          retryMaxMs: 20,
          retryTotalMs: 20,
          handlerTimeoutMs,
        };
        await start({ options: { work } });
        const thrown: unknown[] = [];
        let begun = 0;
        archive.act = async ({ manager }) => {
          begun++;
          await manager.query(sleep).catch((error: unknown) => thrown.push(error));
          await manager
            .query(`insert into bills (invoice, status) values ('LATE', 'late')`)
            .catch((error: unknown) => thrown.push(error));
        };
        await completed('SLEEPS');
        // The time that is up is not to be its neighbour's.
        await host.handled('SLEEPS');
        const isAsleep = async (): Promise<boolean> => (await host.database.query<unknown[]>(sleeping)).length > 0;
        let cut = 0;
        await host.until(async () => {
          if (begun > cut && thrown.length === 2 * cut && (await isAsleep())) {
            cut = begun;
            clock.skip(handlerTimeoutMs);
          }
          return (await runOf('archive'))?.outcome === 'dead';
        });
        const run = await runOf('archive');
        expect(run).toMatchObject({ reason: 'timeout' });
        expect(run?.work.finishes).toBe(run?.work.starts);
        expect(run?.work.starts).toBe(archive.calls);
        await host.until(async () => !(await isAsleep()));
        expect(thrown).toHaveLength(2 * archive.calls);
        expect((await host.bills('SLEEPS')).map(({ status }) => status)).toEqual(['completed']);
        expect(await host.bills('LATE')).toEqual([]);
      });
    }

    it('[W4] and one of deliveries are out of reach of guards, interceptors and filters that the host binds globally', async () => {
      const met: string[] = [];
      class OnlyRequests implements CanActivate, NestInterceptor, ExceptionFilter {
        canActivate(): boolean {
          met.push('guard');
          return true;
        }
        intercept(_context: unknown, next: CallHandler): ReturnType<CallHandler['handle']> {
          met.push('interceptor');
          return next.handle();
        }
        catch(error: unknown): void {
          met.push('filter');
          throw error;
        }
      }
      const bound = new OnlyRequests();
      const providers = [APP_GUARD, APP_INTERCEPTOR, APP_FILTER].map((provide) => ({ provide, useValue: bound }));
      await start({ providers });
      let failures = 1;
      archive.act = () => {
        if (failures-- > 0) throw new Error('once');
      };
      const exdataId = await host.pending('GLOBAL');
      host.sandbox.faults.delivery({ drop: true });
      await host.sandbox.documents.finish(exdataId);
      met.length = 0;
      await scene.post(scene.bodyOf(exdataId));
      await host.until(async () => (await runOf('archive'))?.outcome === 'done');
      await host.until(async () => (await runs({ outcome: 'done' })).length === 1);
      // The one request: the delivery itself.
      expect(met).toEqual(['guard', 'interceptor']);
    });
  });
}
