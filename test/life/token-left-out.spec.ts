import process from 'node:process';
import { afterEach, expect, it } from '@jest/globals';
import { EXDATA_CLOCK, exdataSecretFromProvider } from 'nestjs-exdata';
import { ExdataAccountState } from '../../libs/exdata/src/documents/index.js';
import { describeWithPostgres } from '../services.js';
import { Host } from './host.js';
import type { HostOptions } from './host.js';
import { ShiftedClock } from './shifted-clock.js';
import { change, goneOn, refused, submit, taken } from './token-change.js';

const minuteMs = 60_000;

let hosts: Host[] = [];
afterEach(async () => {
  const [first, ...others] = hosts;
  hosts = [];
  await Promise.all(others.map((host) => host.end()));
  await first?.close();
});

/** Starts a process that holds what the function returns as its token. */
async function start(token: () => string, clock: ShiftedClock, options: HostOptions): Promise<Host> {
  const host = await Host.start({
    ...options,
    options: {
      token: exdataSecretFromProvider(() => Promise.resolve(token()), { cacheMs: minuteMs }),
      upload: { spool: 'database' },
      work: { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200 },
    },
    extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
    simulator: { processingMs: 5 },
  });
  hosts.push(host);
  return host;
}

/** Lets time pass in steps that are short enough for all processes to see that the others live. */
async function pass(host: Host, clock: ShiftedClock, minutes: number): Promise<void> {
  for (let left = minutes; left > 0; left -= 9) {
    clock.skip(Math.min(left, 9) * minuteMs);
    await host.until(async () => {
      const [state] = await host.database.manager.find(ExdataAccountState);
      const notedAt = state?.refusedTokens?.split(' ').slice(1) ?? [];
      return notedAt.every((text) => Number(text.split('@').at(-1)) > clock.now() - minuteMs);
    });
  }
}

describeWithPostgres('[C2] a worker whose token is refused beside an API process on PostgreSQL', ({ url }) => {
  it('is told of after five minutes and then daily, until it holds the token that is taken', async () => {
    const clock = new ShiftedClock();
    const database = { type: 'postgres', url } as const;
    let held: string = refused;
    const api = await start(() => taken, clock, { database, bookkeeping: false });
    change(api);
    const worker = await start(() => held, clock, { database, beside: api });
    const toldOf = () => api.pager.alerts.filter(({ code }) => code === 'token_refused');
    await worker.until(async () => {
      // Until the worker has asked, nobody knows that its token is refused.
      await submit(worker, `LEFT-${String(clock.now())}`);
      return (await api.database.manager.find(ExdataAccountState)).some((state) => state.refusedTokens !== null);
    });
    await submit(api, 'LEFT-ENDS');
    await api.until(() => goneOn(api, clock, ['LEFT-ENDS']));
    await pass(api, clock, 3);
    expect(toldOf()).toEqual([]);

    await pass(api, clock, 3);
    await api.until(() => toldOf().length === 1);
    expect(worker.bookkeeping.calls.filter(({ link }) => link.sourceId === 'LEFT-ENDS')).toEqual([]);
    expect(toldOf()[0]).toMatchObject({ kind: 'authentication_failed', account: 'default', retryAt: null });
    expect(toldOf()[0]?.message).toContain(`process ${String(process.pid)} on `);
    expect(toldOf()[0]?.message).not.toContain(refused);

    await pass(api, clock, 23 * 60);
    expect(toldOf()).toHaveLength(1);
    await pass(api, clock, 70);
    await api.until(() => toldOf().length === 2);

    held = taken;
    await api.until(() => {
      clock.skip(minuteMs);
      return worker.bookkeeping.calls.some(({ link }) => link.sourceId === 'LEFT-ENDS');
    });
    clock.skip(25 * 60 * minuteMs);
    await submit(api, 'LEFT-NO-MORE');
    await api.until(async () => {
      await goneOn(api, clock, ['LEFT-NO-MORE']);
      return worker.bookkeeping.calls.some(({ link }) => link.sourceId === 'LEFT-NO-MORE');
    });
    expect(toldOf()).toHaveLength(2);
  });
});
