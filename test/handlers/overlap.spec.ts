import { afterEach, expect, it } from '@jest/globals';
import { ExdataHandlerRun } from 'nestjs-exdata';
import { ExdataHandler } from '../../libs/exdata/src/handlers/index.js';
import type { ExdataClock } from 'nestjs-exdata';
import type { DataSourceOptions, EntityManager } from 'typeorm';
import { latch } from '../dispatch/chores.js';
import type { Host } from '../life/host.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { patienceMs } from '../until.js';
import { Cast, ledger } from './cast.js';

describeWithPostgres('a handler that is registered while documents end, on PostgreSQL', ({ url }) =>
  overlaps(() => ({ type: 'postgres', url })),
);
describeWithMariadb('a handler that is registered while documents end, on MariaDB', ({ url }) =>
  overlaps(() => ({ type: 'mariadb', url })),
);

function overlaps(database: () => DataSourceOptions): void {
  let cast: Cast;
  let count = 0;
  const fresh = (): string => `RACE-${String(++count)}`;
  const start = async (): Promise<Host> => {
    cast = new Cast(database());
    const old = await cast.roll();
    await cast.empty();
    return old;
  };
  afterEach(() => cast.close());

  it('is offered one whose end a process was writing that had read the handlers before, and that commits long after', async () => {
    const id = fresh();
    const old = await start();
    const exdataId = await old.pending(id);
    const { held, letGo } = holdNextEnd(old);
    await old.sandbox.documents.finish(exdataId);
    await held;
    const young = await cast.join(ledger(cast.calls, ['completed']));
    // Its first look sees nothing: what ended is not committed.
    await cast.offered();
    expect(await young.database.manager.count(ExdataHandlerRun)).toBe(0);
    letGo();
    await old.documents.waitFor({ type: 'invoice', id }, { until: 'completed', timeoutMs: patienceMs });
    expect(await young.database.manager.count(ExdataHandlerRun)).toBe(0);
    cast.clock.skip(10_000);
    await cast.called(`ledger completed ${id}`);
  });

  it('is offered one that ended in a process with an older list, and a clock that is behind', async () => {
    const id = fresh();
    const clock = new StandingClock();
    cast = new Cast(database());
    const old = await cast.begin(clock);
    await cast.empty();
    const exdataId = await old.pending(id);
    const young = await cast.join(ledger(cast.calls, ['completed']));
    await cast.offered();
    const { registeredAt } = await young.database.manager.findOneByOrFail(ExdataHandler, { handler: 'ledger' });
    clock.at = Math.max(clock.at, registeredAt - 3_000);
    await old.sandbox.documents.finish(exdataId);
    await old.documents.waitFor({ type: 'invoice', id }, { until: 'completed' });
    cast.clock.skip(10_000);
    await cast.called(`ledger completed ${id}`);
  });

  it('is looked for again and again until every process must know of it, and then no more', async () => {
    await start();
    const young = await cast.join(ledger(cast.calls, ['completed']));
    const { registeredAt } = await young.database.manager.findOneByOrFail(ExdataHandler, { handler: 'ledger' });
    await cast.offered();
    let looks = 1;
    while (await cast.lookAgain(looks + 1)) looks++;
    expect(cast.clock.now() - registeredAt).toBeGreaterThan(600_000);
    expect(looks).toBeGreaterThan(3);
    expect(looks).toBeLessThan(12);
  });

  it('is offered what ended by two processes at once, and called once for each', async () => {
    const ids = [fresh(), fresh(), fresh()];
    await start();
    for (const id of ids) await cast.end(id);
    await Promise.all([
      cast.join(ledger(cast.calls, ['completed'], 'beginning')),
      cast.join(ledger(cast.calls, ['completed'], 'beginning')),
    ]);
    await cast.called(...ids.map((id) => `ledger completed ${id}`));
    for (let looks = 2; looks < 5; looks++) await cast.lookAgain(looks);
    expect(cast.calls).toHaveLength(ids.length);
  });
}

/** Stands still until it is set. */
class StandingClock implements ExdataClock {
  at = Date.now();

  now(): number {
    return this.at;
  }

  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }
}

type Work = (manager: EntityManager) => Promise<unknown>;
/** The isolation level, where it is given, goes before the work. */
type Transaction = (...args: [...level: unknown[], work: Work]) => Promise<unknown>;

/** Stops the host's next transaction that has ended a document before it commits. */
function holdNextEnd({ database }: Host): { readonly held: Promise<void>; letGo(): void } {
  const [reached, go] = [latch(), latch()];
  const transaction = database.transaction.bind(database) as Transaction;
  let done = false;
  const holding: Transaction = (...args) =>
    transaction(...args.slice(0, -1), async (manager) => {
      const result = await (args.at(-1) as Work)(manager);
      const ended: unknown[] = done
        ? []
        : await manager.query(`select id from exdata_document where ended_at is not null`);
      if (ended.length > 0 && !done) {
        done = true;
        reached.open();
        await go.opened;
      }
      return result;
    });
  Object.assign(database, { transaction: holding });
  return { held: reached.opened, letGo: () => go.open() };
}
