import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataSourceOptions } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { Cast, ledger } from './cast.js';

const minute = 60_000;

describe('handlers of documents on SQLite', () => handlers(() => undefined));
describeWithPostgres('handlers of documents on PostgreSQL', ({ url }) => handlers(() => ({ type: 'postgres', url })));
describeWithMariadb('handlers of documents on MariaDB', ({ url }) => handlers(() => ({ type: 'mariadb', url })));

function handlers(database: () => DataSourceOptions | undefined): void {
  let cast: Cast;
  let count = 0;
  const fresh = (): string => `DOC-${String(++count)}`;
  const start = async (...providers: Parameters<Cast['roll']>): Promise<void> => {
    cast = new Cast(database());
    await cast.roll(...providers);
    await cast.empty();
  };
  afterEach(() => cast.close());

  it('are called for what a process without them saw end, as soon as a process has them again', async () => {
    const id = fresh();
    await start();
    await cast.roll(ledger(cast.calls, ['completed']));
    await cast.roll();
    await cast.end(id);
    expect(await cast.registered('ledger')).toMatchObject({
      subject: 'document',
      topics: ['completed'],
      open: 1,
      missing: false,
    });
    await cast.roll(ledger(cast.calls, ['completed']));
    await cast.called(`ledger completed ${id}`);
    await cast.offered();
    expect(cast.calls).toHaveLength(1);
  });

  it('leave the runs of others alone: nothing of them is burnt, and nothing is dead', async () => {
    const [mine, other] = [fresh(), fresh()];
    await start();
    await cast.roll(ledger(cast.calls, ['completed', 'error']));
    // A newer version of the handler, which knows nothing of `error`.
    await cast.roll(ledger(cast.calls, ['completed']));
    await cast.end(other, 'error');
    await cast.end(mine);
    await cast.called(`ledger completed ${mine}`);
    await cast.host.handled(mine);
    expect(await cast.runs()).toMatchObject([
      { status: 'completed', outcome: 'done' },
      { status: 'error', outcome: 'open', work: { starts: 0, failures: 0 } },
    ]);
  });

  it.each([
    ['from its registration', undefined, false],
    ['from the beginning', 'beginning' as const, true],
    ['from a time before', new Date(0), true],
  ])('that are new are offered what had ended, %s', async (_what, from, early) => {
    const [before, since] = [fresh(), fresh()];
    await start();
    await cast.end(before);
    cast.clock.skip(minute);
    await cast.roll(ledger(cast.calls, ['completed', 'error'], from));
    await cast.end(since, 'error');
    await cast.called(`ledger error ${since}`, ...(early ? [`ledger completed ${before}`] : []));
    await cast.offered();
    expect(cast.calls).toHaveLength(early ? 2 : 1);
  });

  it('whose `from` is set back look back to it, and are called for nothing twice', async () => {
    const [before, since] = [fresh(), fresh()];
    await start();
    await cast.end(before);
    cast.clock.skip(minute);
    await cast.roll(ledger(cast.calls, ['completed']));
    await cast.end(since);
    await cast.called(`ledger completed ${since}`);
    await cast.roll(ledger(cast.calls, ['completed'], 'beginning'));
    await cast.called(`ledger completed ${before}`, `ledger completed ${since}`);
    await cast.offered(2);
    expect(cast.calls).toHaveLength(2);
  });

  it('that are new are called for one that ended long before, when a person refreshes it or replays its delivery', async () => {
    const [refreshed, replayed] = [fresh(), fresh()];
    await start();
    await cast.end(refreshed);
    await cast.end(replayed);
    await cast.host.inboxWorkedOff();
    cast.clock.skip(minute);
    await cast.roll(ledger(cast.calls, ['completed']));
    await cast.offered();
    expect(cast.calls).toEqual([]);
    await cast.host.documents.refresh({ type: 'invoice', id: refreshed });
    await cast.replay(replayed);
    await cast.called(`ledger completed ${refreshed}`, `ledger completed ${replayed}`);
  });

  it('refuse a `from` that is no time', async () => {
    await start();
    await expect(cast.roll(ledger(cast.calls, ['completed'], 'yesterday'))).rejects.toThrow(
      /Ledger\.keep: `from` is 'registration'/,
    );
  });
}
