import { afterEach, expect, it } from '@jest/globals';
import { EXDATA_CLOCK } from 'nestjs-exdata';
import type { ExdataAccountOptions } from 'nestjs-exdata';
import { ExdataAccountState, ExdataAlertRow } from '../../libs/exdata/src/documents/index.js';
import { describeWithPostgres } from '../services.js';
import type { DataSourceOptions } from 'typeorm';
import { Host } from './host.js';
import type { HostOptions } from './host.js';
import { ShiftedClock } from './shifted-clock.js';
import { change, goneOn, refused, submit, taken } from './token-change.js';

const each = 20;

let hosts: Host[] = [];
afterEach(async () => {
  const [first, ...others] = hosts;
  hosts = [];
  await Promise.all(others.map((host) => host.end()));
  await first?.close();
});

async function start(token: ExdataAccountOptions['token'], clock: ShiftedClock, options: HostOptions): Promise<Host> {
  const upload = { spool: 'database' } as const;
  const work = { sweepEveryMs: 250, retryFirstMs: 20, retryMaxMs: 200 };
  const extras = { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
  const host = await Host.start({
    ...options,
    options: { token, upload, work },
    extras,
    simulator: { processingMs: 5 },
  });
  hosts.push(host);
  return host;
}

/** How often exdata refused a token. */
const refusals = ({ sandbox }: Host): number =>
  sandbox.journal.requests().filter(({ status }) => status === 401).length;

describeWithPostgres('[C2] a rollout on PostgreSQL', ({ url }) => rollouts({ type: 'postgres', url }));

function rollouts(database: DataSourceOptions): void {
  it.each([
    ['the old one', 0],
    ['the new one', 1],
  ])(
    'with two processes, of which %s holds a token that is refused, ends all documents and flaps not',
    async (_, wrong) => {
      const clock = new ShiftedClock();
      const tokens = wrong === 0 ? [refused, taken] : [taken, refused];
      const first = await start(tokens[0] ?? '', clock, { database });
      change(first);
      // Of another rollout on the same database.
      await first.database.manager.deleteAll(ExdataAccountState);
      const second = await start(tokens[1] ?? '', clock, { database, beside: first });
      const ids = Array.from({ length: 2 * each }, (_unused, at) => `INV-${String(wrong)}-${String(at)}`);
      await Promise.all(ids.map((id, at) => submit(at % 2 === 0 ? first : second, id)));
      let holds = 0;
      let isHeld = false;
      await first.until(async () => {
        const held = (await first.uploads.holds()).length > 0;
        if (held && !isHeld) holds++;
        isHeld = held;
        return goneOn(first, clock, ids);
      });
      expect(await first.uploads.holds()).toEqual([]);
      expect(holds).toBeLessThanOrEqual(1);
      // Those that were under way at once with the first; none after it.
      expect(refusals(first)).toBeLessThanOrEqual(8);
      expect(
        await first.database.manager.countBy(ExdataAlertRow, { kind: 'authentication_failed' }),
      ).toBeLessThanOrEqual(1);
      expect(first.sandbox.documents.list()).toHaveLength(ids.length);
      await first.database.manager.deleteAll(ExdataAlertRow);
    },
    120_000,
  );

  it('in which one process holds a refused token for an hour, holds the account for the others no second time', async () => {
    const clock = new ShiftedClock();
    const first = await start(refused, clock, { database });
    change(first);
    await first.database.manager.deleteAll(ExdataAccountState);
    const second = await start(taken, clock, { database, beside: first });
    const ended = async (host: Host, id: string): Promise<void> => {
      await submit(host, id);
      await first.until(() => goneOn(first, clock, [id]));
    };
    await ended(first, 'HOUR-0');
    await first.until(async () => (await first.uploads.holds()).length === 0);
    const before = refusals(first);
    const alerts = (): Promise<number> =>
      first.database.manager.countBy(ExdataAlertRow, { kind: 'authentication_failed' });
    const alerted = await alerts();
    for (let passed = 5; passed <= 60; passed += 5) {
      clock.skip(300_000);
      await first.until(async () => (await servedAt(first)) >= clock.now() - 60_000);
      if (passed % 15 === 0) await ended(passed % 2 === 0 ? first : second, `HOUR-${String(passed)}`);
    }
    // That it was left out for longer than a rollout takes is told once.
    await first.until(async () => (await alerts()) > alerted);
    expect([refusals(first) - before, await alerts()]).toEqual([0, alerted + 1]);
    // With the other process gone nobody serves the account: the token is tried again, and a person told.
    await second.end();
    hosts = [first];
    await submit(first, 'HOUR-ALONE');
    clock.skip(700_000);
    await first.until(async () => (await first.uploads.holds()).length === 1);
    await first.until(async () => (await alerts()) === alerted + 2);
    await first.database.manager.deleteAll(ExdataAlertRow);
  }, 120_000);
}

/** When a process that holds the token that is taken last noted that it lives (epoch ms). */
async function servedAt({ database }: Host): Promise<number> {
  const [state] = await database.manager.find(ExdataAccountState);
  return Number(state?.refusedTokens?.split(' ')[1]);
}
