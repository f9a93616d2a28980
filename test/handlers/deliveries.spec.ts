import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataSourceOptions } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { Cast, journal } from './cast.js';

const minute = 60_000;

describe('handlers of deliveries on SQLite', () => handlers(() => undefined));
describeWithPostgres('handlers of deliveries on PostgreSQL', ({ url }) => handlers(() => ({ type: 'postgres', url })));
describeWithMariadb('handlers of deliveries on MariaDB', ({ url }) => handlers(() => ({ type: 'mariadb', url })));

function handlers(database: () => DataSourceOptions | undefined): void {
  let cast: Cast;
  const start = async (): Promise<void> => {
    cast = new Cast(database());
    await cast.roll();
    await cast.empty();
  };
  afterEach(() => cast.close());

  it('are called for what came to a process without them, as soon as a process has them again', async () => {
    await start();
    await cast.roll(journal(cast.calls, ['plan.changed', '*']));
    await cast.roll();
    await cast.deliver('plan.changed');
    await cast.deliver('card.changed');
    expect(await cast.registered('journal')).toMatchObject({
      subject: 'delivery',
      topics: ['*', 'plan.changed'],
      open: 2,
    });
    await cast.roll(journal(cast.calls, ['plan.changed', '*']));
    await cast.called('journal plan.changed', 'journal card.changed');
    await cast.offered();
    expect(cast.calls).toHaveLength(2);
  });

  it('that are new are offered what came since their registration, or since another time', async () => {
    await start();
    await cast.deliver('plan.changed');
    await cast.deliver('card.changed');
    cast.clock.skip(minute);
    await cast.roll(journal(cast.calls, ['plan.changed']));
    await cast.offered();
    expect(cast.calls).toEqual([]);
    await cast.roll(journal(cast.calls, ['plan.changed'], '1970-01-01T00:00:00Z'));
    await cast.called('journal plan.changed');
    await cast.offered(2);
    expect(cast.calls).toHaveLength(1);
  });

  it('leave the runs of others alone: nothing of them is burnt, and nothing is dead', async () => {
    await start();
    await cast.roll(journal(cast.calls, ['plan.changed', 'card.changed']));
    await cast.roll(journal(cast.calls, ['card.changed']));
    await cast.deliver('plan.changed');
    await cast.deliver('card.changed');
    await cast.called('journal card.changed');
    await cast.host.until(async () => (await cast.deliveryRuns('done')).length === 1);
    expect(await cast.deliveryRuns('open')).toMatchObject([{ handler: 'journal', work: { starts: 0, failures: 0 } }]);
    expect(await cast.registered('journal')).toMatchObject({ topics: ['card.changed', 'plan.changed'], open: 1 });
  });
}
