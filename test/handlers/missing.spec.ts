import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataSourceOptions } from 'typeorm';
import { ExdataHandler, HandlerWatch } from '../../libs/exdata/src/handlers/index.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { Cast, journal, ledger } from './cast.js';

const minute = 60_000;

describe('handlers that have vanished, on SQLite', () => handlers(() => undefined));
describeWithPostgres('handlers that have vanished, on PostgreSQL', ({ url }) =>
  handlers(() => ({ type: 'postgres', url })),
);
describeWithMariadb('handlers that have vanished, on MariaDB', ({ url }) => handlers(() => ({ type: 'mariadb', url })));

function handlers(database: () => DataSourceOptions | undefined): void {
  let cast: Cast;
  let count = 0;
  const fresh = (): string => `GONE-${String(++count)}`;
  const start = async (): Promise<void> => {
    cast = new Cast(database());
    await cast.roll();
    await cast.empty();
  };
  const alerts = (): string[] => cast.host.pager.alerts.map(({ kind, code, message }) => `${kind} ${code} ${message}`);
  afterEach(() => cast.close());

  it('are told once while runs wait for them, and go on where they were when they return', async () => {
    const id = fresh();
    await start();
    await cast.roll(ledger(cast.calls, ['completed']), journal(cast.calls, ['plan.changed']));
    await cast.roll();
    await cast.end(id);
    await cast.pass(9 * minute);
    expect(alerts()).toEqual([]);
    await cast.pass(2 * minute);
    await cast.host.until(() => alerts().length > 0);
    await cast.pass(5 * minute);
    // Nothing waits for the other one.
    expect(alerts()).toEqual([
      expect.stringMatching(
        /^handler_missing handler_missing no process has been seen with the handler ledger of documents since .*, and 1 run waits for it/,
      ),
    ]);
    expect(await cast.registered('ledger')).toMatchObject({ missing: true, open: 1 });
    expect(await cast.registered('journal')).toMatchObject({ missing: true, open: 0 });

    await cast.roll(ledger(cast.calls, ['completed']));
    await cast.called(`ledger completed ${id}`);
    expect(await cast.registered('ledger')).toMatchObject({ missing: false });
  });

  it('leave their runs parked, where no look for due rows meets them, until they are back', async () => {
    const ids = [fresh(), fresh()];
    const parked = async (): Promise<boolean[]> =>
      [...(await cast.runs()), ...(await cast.deliveryRuns('open'))].map(({ work }) => work.dueAt === null);
    await start();
    await cast.roll(ledger(cast.calls, ['completed']), journal(cast.calls, ['plan.changed']));
    await cast.roll();
    await cast.end(ids[0] ?? '');
    await cast.deliver('plan.changed');
    expect(await parked()).toEqual([false, false]);
    await cast.pass(11 * minute);
    expect(await parked()).toEqual([true, true]);
    // What ends meanwhile is opened as ever, and parked by the next look.
    await cast.end(ids[1] ?? '');
    await cast.pass(minute);
    expect(await parked()).toEqual([true, true, true]);
    expect(await cast.registered('ledger')).toMatchObject({ missing: true, open: 2 });

    await cast.roll(ledger(cast.calls, ['completed']), journal(cast.calls, ['plan.changed']));
    await cast.called(...ids.map((id) => `ledger completed ${id}`), 'journal plan.changed');
  });

  it('that are back without a start, since their process had only been cut off, go on too', async () => {
    const id = fresh();
    let isMended = false;
    await start();
    const cutOff = await cast.roll(ledger(cast.calls, ['completed'], undefined, () => isMended));
    await cast.end(id);
    await cast.join();
    const { manager } = cast.host.database;
    await manager.update(ExdataHandler, { handler: 'ledger' }, { lastSeenAt: cast.clock.now() - 11 * minute });
    await cast.host.until(async () => {
      await cast.pass(0);
      return (await cast.runs()).every(({ work }) => work.dueAt === null);
    });
    isMended = true;
    await cutOff.app.get(HandlerWatch, { strict: false }).look();
    await cast.called(`ledger completed ${id}`);
    expect(await cast.registered('ledger')).toMatchObject({ missing: false });
  });

  it('are not taken for missing while a process has them', async () => {
    const id = fresh();
    await start();
    await cast.roll(ledger(cast.calls, ['completed']));
    const before = await cast.registered('ledger');
    for (let minutes = 0; minutes < 12; minutes++) await cast.pass(minute);
    const { lastSeenAt = 0, missing } = (await cast.registered('ledger')) ?? {};
    expect(missing).toBe(false);
    expect(lastSeenAt - (before?.lastSeenAt ?? 0)).toBeGreaterThanOrEqual(11 * minute);
    await cast.end(id);
    await cast.called(`ledger completed ${id}`);
  });

  it('can be retired: what waits for them is discarded, nothing more is opened, and nobody is told', async () => {
    const [before, after] = [fresh(), fresh()];
    await start();
    await cast.roll(ledger(cast.calls, ['completed', 'error']), journal(cast.calls, ['*']));
    await cast.roll();
    await cast.end(before);
    await cast.host.inboxWorkedOff();
    expect(await cast.handlers.retire('ledger')).toEqual({ discarded: 1 });
    expect(await cast.handlers.retire('journal', 'document')).toEqual({ discarded: 0 });
    expect(await cast.handlers.retire('journal', 'delivery')).toEqual({ discarded: 1 });
    expect(await cast.handlers.retire('nobody')).toEqual({ discarded: 0 });
    expect(await cast.handlers.list()).toEqual([]);
    await cast.end(after);
    await cast.host.inboxWorkedOff();
    await cast.pass(15 * minute);
    expect((await cast.runs()).map(({ outcome }) => outcome)).toEqual(['discarded']);
    expect((await cast.deliveryRuns('discarded')).length).toBe(1);
    expect(await cast.deliveryRuns('open')).toEqual([]);
    expect(alerts()).toEqual([]);
    const history = await cast.host.documents.history({ type: 'invoice', id: before });
    expect(history.map(({ what }) => what)).toContain('handler.discarded');
  });

  it('for one state alone are narrowed: no run is opened for it once no process asks for it any more', async () => {
    const [early, late] = [fresh(), fresh()];
    await start();
    await cast.roll(ledger(cast.calls, ['completed', 'error']));
    await cast.roll(ledger(cast.calls, ['completed']));
    await cast.end(early, 'error');
    // Its processes go on saying that they have it; those of the old version are gone.
    for (let minutes = 0; minutes < 11; minutes++) await cast.pass(minute);
    expect(await cast.registered('ledger')).toMatchObject({ topics: ['completed'], open: 0 });
    await cast.end(late, 'error');
    expect((await cast.runs()).map(({ outcome }) => outcome)).toEqual(['discarded']);
    expect(alerts().filter((alert) => alert.startsWith('handler_missing'))).toEqual([]);
  });
}
