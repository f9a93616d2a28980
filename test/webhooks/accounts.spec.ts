import { afterEach, describe, expect, it } from '@jest/globals';
import { EXDATA_CLOCK } from 'nestjs-exdata';
import type { ExdataWebhookSecret } from '../../libs/exdata/src/config/index.js';
import { sign } from 'nestjs-exdata-sandbox';
import { ShiftedClock } from '../life/shifted-clock.js';
import { baseUrl, platforms, Receiver } from './receiver.js';
import type { Platform, ReceiverOptions } from './receiver.js';

const body = '{"data":[]}';
const secretOf = (id: string): ExdataWebhookSecret => ({ id, secret: `a secret named ${id} of good length` });
const [ours, theirs, next] = [secretOf('ours'), secretOf('theirs'), secretOf('next')];
const second = 1_000;

let receiver: Receiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});

/** A host of two accounts, of which `default` may be given its secrets anew at any time. */
async function start(
  platform: Platform,
  read: () => readonly ExdataWebhookSecret[] | Promise<readonly ExdataWebhookSecret[]>,
  more: Pick<ReceiverOptions, 'database'> = {},
) {
  const clock = new ShiftedClock();
  receiver = await Receiver.start(platform, {
    options: { work: { sweepEveryMs: 3_600_000 } },
    accounts: {
      default: { baseUrl, token: 'token_a', webhookSecrets: read },
      berlin: { baseUrl, token: 'token_b', webhookSecrets: [theirs] },
    },
    extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
    ...more,
  });
  const host = receiver;
  const post = async ({ secret }: ExdataWebhookSecret, below = ''): Promise<number> => {
    const headers = { 'X-Signature': sign(secret, body), 'X-Timestamp': String(Math.floor(clock.now() / second)) };
    return (await host.deliverTo(below, body, headers)).status;
  };
  return { host, clock, post };
}

describe.each(platforms)('[W1] accounts on %s', (platform) => {
  it('have a path and secrets of their own; another’s secret is a 401, and the log says whose it is', async () => {
    const { host, post } = await start(platform, () => [ours]);
    expect([await post(ours), await post(ours, '/default'), await post(theirs, '/berlin')]).toEqual([204, 204, 204]);
    const taken = (await host.inbox()).map(({ account, secretId }) => `${account} ${secretId}`);
    expect(taken.sort()).toEqual(['berlin theirs', 'default ours', 'default ours']);
    expect([await post(theirs), await post(ours, '/berlin'), await post(ours, '/paris')]).toEqual([401, 401, 401]);
    expect(await host.inbox()).toHaveLength(3);
    await host.until(() => host.refusals().length === 3);
    const told = host.refusals().join('\n');
    expect(told).toMatch(/account=default reason=signature count=1 hint="signed with a secret of the account berlin/);
    expect(told).toMatch(/reason=unknown_account/);
    expect(host.lines.join('\n')).not.toContain('of good length');
  });

  it('[C3] take a new secret the moment it is put in place, and drop the old one soon after it is gone', async () => {
    let secrets = [ours];
    const { host, clock, post } = await start(platform, () => Promise.resolve(secrets));
    secrets = [ours, next];
    clock.skip(second);
    expect([await post(next), await post(ours)]).toEqual([204, 204]);
    secrets = [next];
    clock.skip(10 * second);
    // The first request after that sets off the look; the old secret may still be let in by it.
    await post(next);
    expect([await post(ours), await post(next)]).toEqual([401, 204]);
    expect(host.lines.filter((line) => line.startsWith('webhook.secrets_changed'))).toEqual([
      'webhook.secrets_changed account=default secrets=ours,next',
      'webhook.secrets_changed account=default secrets=next',
    ]);
  });

  // One server is enough for the long run: what rotates is behind both.
  const deliveries = platform === 'Express' ? 10_000 : 1_000;
  it(`[C3 W3] lose and refuse nothing while a secret is rotated in mid-flight, ${deliveries.toLocaleString('en')} deliveries long`, async () => {
    let accepted = [ours];
    let signer = ours;
    // In memory: thousands of waits for the disk would tell nothing of secrets.
    const database = { type: 'better-sqlite3', database: ':memory:' } as const;
    const { host, clock, post } = await start(platform, () => Promise.resolve(accepted), { database });
    /**
     * What the person does who rotates, at which delivery: the new one beside the old, then at exdata, then the old one
     * away.
     */
    const steps: Record<number, () => void> = {
      [deliveries / 4]: () => (accepted = [ours, next]),
      [deliveries / 2]: () => (signer = next),
      [(deliveries / 4) * 3]: () => (accepted = [next]),
    };
    const statuses: number[] = [];
    let sent = 0;
    const sender = async (): Promise<void> => {
      while (sent < deliveries) {
        steps[sent++]?.();
        clock.skip((80 * second) / deliveries);
        statuses.push(await post(signer));
      }
    };
    await Promise.all(Array.from({ length: 32 }, sender));
    expect(statuses.filter((status) => status !== 204)).toEqual([]);
    const signed = (await host.inbox()).map(({ secretId }) => secretId);
    expect(signed).toHaveLength(deliveries);
    expect(new Set(signed)).toEqual(new Set(['ours', 'next']));
    expect(await post(ours)).toBe(401);
  }, 400_000);

  it('[C3] keep the secrets they have while the new ones cannot be used', async () => {
    let read: () => readonly ExdataWebhookSecret[] = () => [ours];
    const { host, clock, post } = await start(platform, () => read());
    const unusable: (typeof read)[] = [
      () => [{ id: 'ours', secret: 'short' }],
      () => [],
      () => {
        throw new Error(`cannot read ${ours.secret}`);
      },
      () => [{ id: 'ours', secret: ` ${ours.secret}` }],
    ];
    for (read of unusable) {
      clock.skip(10 * second);
      expect(await post(ours)).toBe(204);
    }
    expect(host.lines.join('\n')).toMatch(/config.secret_not_renewed/);
    expect(host.lines.join('\n')).not.toContain('of good length');
    read = () => [next];
    clock.skip(10 * second);
    expect([await post(next), await post(ours)]).toEqual([204, 401]);
  });

  it.each([
    ['too short', [{ id: 'a', secret: 'fifteen letters' }]],
    ['with white space at an end', [{ id: 'a', secret: 'sixteen letters  ' }]],
    ['with the same name twice', [ours, ours]],
    ['none at all', []],
  ])('do not start with secrets %s', async (_what, secrets) => {
    await expect(start(platform, () => secrets)).rejects.toThrow(/accounts\.default\.webhookSecrets/);
  });
});
