import { afterEach, describe, expect, it } from '@jest/globals';
import { ExdataDelivery, ExdataWebhookSecrets } from 'nestjs-exdata';
import { sign } from 'nestjs-exdata-sandbox';
import { DataSource } from 'typeorm';
import { Receiver } from './receiver.js';

const [retiring, current, next] = ['retiring', 'current', 'next'].map((id) => ({
  id,
  secret: `a secret named ${id} of good length`,
}));
const hour = 3_600_000;

let receiver: Receiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});

describe('[C3] rotationReport', () => {
  it('tells of each secret when it was used, and whether it may go', async () => {
    if (!retiring || !current || !next) throw new Error('three secrets are needed');
    const host = (receiver = await Receiver.start('Express', {
      options: { webhookSecrets: [retiring, current, next] },
    }));
    const secrets = host.app.get(ExdataWebhookSecrets);
    const manager = host.app.get(DataSource).manager;
    const deliver = async ({ secret }: { secret: string }, times: number): Promise<void> => {
      for (let count = 0; count < times; count++) {
        expect(await host.deliver('{}', { 'X-Signature': sign(secret, '{}') })).toMatchObject({ status: 204 });
      }
    };
    await deliver(retiring, 3);
    await deliver(current, 2);
    const report = async () => Object.fromEntries((await secrets.rotationReport()).map((line) => [line.id, line]));
    expect(await report()).toMatchObject({
      retiring: { account: 'default', matchesIn24h: 3, mayGo: false, because: expect.stringContaining('3 deliveries') },
      current: { matchesIn24h: 2, mayGo: false, firstSeen: expect.any(Number) },
      next: {
        matchesIn24h: 0,
        firstSeen: null,
        lastMatched: null,
        mayGo: false,
        because: expect.stringContaining('nothing yet'),
      },
    });

    const old = Date.now() - 25 * hour;
    await manager.update(ExdataDelivery, { secretId: 'retiring' }, { receivedAt: old });
    expect(await report()).toMatchObject({
      retiring: { matchesIn24h: 0, lastMatched: old, mayGo: true },
      current: { mayGo: false },
    });
    await manager.update(ExdataDelivery, { secretId: 'current' }, { receivedAt: old - hour });
    expect(await report()).toMatchObject({
      retiring: { mayGo: false, because: 'no other secret has signed anything since' },
      current: { mayGo: true },
    });
    expect(JSON.stringify(await secrets.rotationReport())).not.toContain('of good length');
  });

  it('lets one go whose deliveries the inbox has forgotten, where a secret listed after it has long been in use', async () => {
    if (!retiring || !current || !next) throw new Error('three secrets are needed');
    const host = (receiver = await Receiver.start('Express', {
      options: { webhookSecrets: [retiring, current, next] },
    }));
    const manager = host.app.get(DataSource).manager;
    const report = async () =>
      Object.fromEntries(
        (await host.app.get(ExdataWebhookSecrets).rotationReport()).map(({ id, ...line }) => [id, line]),
      );
    for (const body of ['{"at":1}', '{"at":2}'])
      expect(await host.deliver(body, { 'X-Signature': sign(current.secret, body) })).toMatchObject({ status: 204 });
    const [oldest] = await manager.findBy(ExdataDelivery, { secretId: 'current' });
    const since = (days: number) =>
      manager.update(ExdataDelivery, { id: oldest?.id ?? '' }, { receivedAt: Date.now() - days * 24 * hour });
    await since(14);
    expect(await report()).toMatchObject({
      retiring: { mayGo: false, lastMatched: null },
      current: { mayGo: false },
      next: { mayGo: false },
    });
    await since(16);
    expect(await report()).toMatchObject({
      retiring: { mayGo: true, lastMatched: null, because: expect.stringContaining('listed after it') },
      current: { mayGo: false },
      next: { mayGo: false, because: expect.stringContaining('nothing yet') },
    });
  });

  it('never lets the only secret go', async () => {
    const host = (receiver = await Receiver.start('Express'));
    expect(await host.app.get(ExdataWebhookSecrets).rotationReport()).toMatchObject([{ id: 'current', mayGo: false }]);
  });
});
