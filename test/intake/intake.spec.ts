import { Agent } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { EXDATA_CLOCK, ExdataTransactions } from 'nestjs-exdata';
import type { DataSource as Source, DataSourceOptions } from 'typeorm';
import { DataSource } from 'typeorm';
import { GroupCommit } from '../../libs/exdata/src/webhooks/index.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { platforms, Receiver, signedHeaders } from '../webhooks/receiver.js';
import type { ReceiverOptions } from '../webhooks/receiver.js';

let receiver: Receiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});

const clock = new ShiftedClock();
const start = async (setup: ReceiverOptions, platform = platforms[0] ?? 'Express'): Promise<Receiver> =>
  (receiver = await Receiver.start(platform, {
    ...setup,
    extras: { dispatcher: Idle, providers: [Idle, { provide: EXDATA_CLOCK, useValue: clock }] },
  }));

/** Leaves all work undone, so that rows stay as they were stored. */
class Idle {
  readonly shared = false;
  readonly dispatched: string[] = [];
  start(): void {
    // Nothing is ever handed out.
  }
  dispatch({ id }: { id: string }): void {
    this.dispatched.push(id);
  }
  stop(): Promise<void> {
    return Promise.resolve();
  }
}

/** Keeps the inbox's table to itself until it is told to let go. */
type Hang = (receiver: Receiver) => Promise<() => Promise<void>>;

const onSqlite: Hang = async ({ app }) => {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  let took = (): void => undefined;
  const taken = new Promise<void>((resolve) => (took = resolve));
  const turn = app.get(ExdataTransactions).run(() => {
    took();
    return held;
  });
  await taken;
  return async () => {
    letGo();
    await turn;
  };
};

const byLock =
  (lock: string, unlock: string): Hang =>
  async ({ app }) => {
    const runner = app.get<Source>(DataSource).createQueryRunner();
    await runner.startTransaction();
    await runner.query(lock);
    return async () => {
      await runner.query(unlock);
      await runner.commitTransaction();
      await runner.release();
    };
  };

const heldBy = (host: Receiver): number => host.app.get(GroupCommit).held;
const statuses = (answers: { status: number }[]): number[] => answers.map(({ status }) => status);

describe('the intake on SQLite', () => storeThenAnswer({}, onSqlite));
describeWithPostgres('the intake on PostgreSQL', ({ url }) =>
  storeThenAnswer(
    { database: { type: 'postgres', url } },
    byLock('lock table exdata_delivery in access exclusive mode', 'select 1'),
  ),
);
describeWithMariadb('the intake on MariaDB', ({ url }) =>
  storeThenAnswer({ database: { type: 'mariadb', url } }, byLock('lock tables exdata_delivery write', 'unlock tables')),
);

it.each([
  [
    { keepIdsMs: 48 * 3_600_000 },
    /webhook\.keepIdsMs: must not be less than webhook\.senderRetryHorizonMs \(259200000\)/,
  ],
  [
    { keepIdsMs: 900_000, pastToleranceMs: 600_000, senderRetryHorizonMs: 0 },
    /webhook\.keepIdsMs: must be at least twice .* \(1200000\)/,
  ],
])('[W4] does not start with ids that are forgotten too soon: %j', async (webhook, fault) => {
  await expect(start({ options: { webhook } })).rejects.toThrow(fault);
});

it.each(platforms)(
  '[W3] ends at shutdown though senders go on over the connections that they have: %s',
  async (platform) => {
    const host = await start({}, platform);
    const letGo = await onSqlite(host);
    const agent = new Agent({ keepAlive: true });
    const taken = host.deliver('{"taken":1}', {}, { agent });
    await host.until(() => heldBy(host) === 1);
    const closed = host.app.close();
    await host.until(async () => (await host.deliver('{"late":1}')).status === 503);
    const refusals: string[] = [];
    const sender = async (): Promise<void> => {
      for (;;) refusals.push(String((await host.deliver('{"goes":"on"}', {}, { agent })).headers.connection));
    };
    // Each goes on until it is not let in any more.
    const senders = Array.from({ length: 8 }, () => expect(sender()).rejects.toThrow());
    await host.until(() => refusals.length > 20);
    await letGo();
    expect((await taken).status).toBe(204);
    await closed;
    await Promise.all(senders);
    agent.destroy();
    expect(new Set(refusals)).toEqual(new Set(['close']));
  },
);

function storeThenAnswer(setup: { database?: DataSourceOptions }, hang: Hang): void {
  it.each(platforms)('[W4] answers 1,000 copies at once, and keeps one row: %s', async (platform) => {
    const host = await start(setup, platform);
    const headers = signedHeaders('{"copies":1000}');
    // The system resets connections that come before a busy process has taken as many as its line holds: 511.
    const agent = new Agent({ keepAlive: true, maxSockets: 256 });
    const copies = Array.from({ length: 1_000 }, () => host.deliver('{"copies":1000}', headers, { agent }));
    const answers = await Promise.all(copies);
    agent.destroy();
    expect(new Set(statuses(answers))).toEqual(new Set([204]));
    const rows = (await host.inbox()).filter(({ deliveryId }) => deliveryId === headers['X-Delivery']);
    expect(rows).toHaveLength(1);
    await host.until(() => host.app.get(Idle).dispatched.length > 0);
    expect(host.app.get(Idle).dispatched).toContain(rows[0]?.id);
  });

  it('[W4] stores other truly signed bytes under a known id as a delivery of their own', async () => {
    const host = await start(setup);
    const headers = { 'X-Delivery': 'one-id-for-two' };
    expect(statuses([await host.deliver('{"a":1}', headers), await host.deliver('{"a":2}', headers)])).toEqual([
      204, 204,
    ]);
    const rows = (await host.inbox()).filter(({ deliveryId }) => deliveryId === 'one-id-for-two');
    expect(rows.map(({ body }) => body.toString()).sort()).toEqual(['{"a":1}', '{"a":2}']);
  });

  it('[W3] answers 503 when the database does not answer in time, and takes the retry', async () => {
    const host = await start(setup);
    const letGo = await hang(host);
    const headers = signedHeaders('{"hangs":1}');
    const hanging = [host.deliver('{"hangs":1}', headers), host.deliver('{"hangs":2}')];
    await host.until(() => heldBy(host) === 2);
    clock.skip(3_000);
    const answers = await Promise.all(hanging);
    expect(answers.map(({ status, headers: sent }) => [status, sent['retry-after']])).toEqual([
      [503, '5'],
      [503, '5'],
    ]);
    expect(host.lines.filter((line) => /^webhook\.not_stored .*reason=late/.test(line))).toHaveLength(1);
    await letGo();
    expect(statuses([await host.deliver('{"hangs":1}', headers)])).toEqual([204]);
    expect((await host.inbox()).filter(({ deliveryId }) => deliveryId === headers['X-Delivery'])).toHaveLength(1);
  });

  it('[W3] answers 503 at once above the high-water mark, and holds no more than that', async () => {
    const host = await start({ ...setup, options: { webhook: { inbox: { highWaterRows: 5, retryAfterMs: 1_500 } } } });
    const letGo = await hang(host);
    const taken = Array.from({ length: 5 }, (_, at) => host.deliver(`{"taken":${String(at)}}`));
    await host.until(() => heldBy(host) === 5);
    const beyond = await Promise.all(Array.from({ length: 50 }, () => host.deliver('{"beyond":1}')));
    expect(new Set(beyond.map(({ status, headers }) => `${String(status)} ${String(headers['retry-after'])}`))).toEqual(
      new Set(['503 2']),
    );
    expect(heldBy(host)).toBe(5);
    await letGo();
    expect(statuses(await Promise.all(taken))).toEqual([204, 204, 204, 204, 204]);
    expect(statuses([await host.deliver('{"beyond":1}')])).toEqual([204]);
    expect(host.lines.filter((line) => line.startsWith('webhook.not_stored'))).toEqual([
      expect.stringMatching(/reason=full/),
    ]);
  });

  it('[W3] stores at shutdown what it has taken, and takes nothing further', async () => {
    const host = await start(setup);
    const letGo = await hang(host);
    const taken = host.deliver('{"taken":1}');
    await host.until(() => heldBy(host) === 1);
    const closed = host.app.close();
    await host.until(async () => (await host.deliver('{"late":1}')).status === 503);
    await letGo();
    expect(statuses([await taken])).toEqual([204]);
    await closed;
  });
}
