import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { ExdataDeliveryService, ExdataInputError } from 'nestjs-exdata';
import type { ExdataVerifiedDelivery } from 'nestjs-exdata';
import { DataSource } from 'typeorm';
import { codeBlocks } from '../docs/code-blocks.js';
import { root } from '../packages.js';
import { platforms, Receiver } from './receiver.js';
import type { Platform } from './receiver.js';

const page = 'docs/webhooks.md';
const example = 'hooks.controller.ts';

let folder: string;
let HooksController: Type;
beforeAll(async () => {
  const blocks = codeBlocks(page, readFileSync(path.join(root, page), 'utf8'));
  const block = blocks.find(({ attributes }) => attributes.includes(`title="${example}"`));
  await mkdir(path.join(root, '.build'), { recursive: true });
  folder = await mkdtemp(path.join(root, '.build', 'own-controller-'));
  await writeFile(path.join(folder, example), block?.code ?? '');
  ({ HooksController } = (await import(path.join(folder, example))) as { HooksController: Type });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let host: Receiver | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
});

async function start(platform: Platform): Promise<Receiver> {
  host = await Receiver.start(platform, {
    extras: { webhookPath: false, isGlobal: true },
    controllers: [HooksController],
    path: '/hooks/exdata',
  });
  return host;
}

describe.each(platforms)("the documentation's controller of one's own on %s", (platform) => {
  it('stores what exdata signed once, answers its repeat alike, and stores nothing of others', async () => {
    const receiver = await start(platform);
    const id = { 'X-Delivery': 'del_1' };
    expect(await receiver.deliver('{"data":[]}', id)).toMatchObject({ status: 204, text: '' });
    expect(await receiver.deliver('{"data":[]}', id)).toMatchObject({ status: 204, text: '' });
    expect(await receiver.deliver('{}', { 'X-Signature': '0'.repeat(64) })).toMatchObject({ status: 401 });
    expect(await receiver.inbox()).toMatchObject([
      { deliveryId: 'del_1', account: 'default', event: 'document.completed', secretId: 'current' },
    ]);
  });

  it('has the stored delivery worked on', async () => {
    const receiver = await start(platform);
    await receiver.deliver('{"data":[]}');
    await receiver.until(async () => (await receiver.inbox())[0]?.work.finishes === 1);
    expect(await receiver.inbox()).toHaveLength(1);
  });

  it('answers a bare 503 with Retry-After while nothing can be stored, and takes the retry', async () => {
    const receiver = await start(platform);
    const database = receiver.app.get(DataSource);
    await database.query('alter table exdata_delivery rename to away');
    const refused = await receiver.deliver('{"data":[]}', { 'X-Delivery': 'del_1' });
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(JSON.parse(refused.text)).toEqual({ statusCode: 503, message: 'Service Unavailable' });
    await database.query('alter table away rename to exdata_delivery');
    expect(await receiver.deliver('{"data":[]}', { 'X-Delivery': 'del_1' })).toMatchObject({ status: 204 });
    expect(await receiver.inbox()).toMatchObject([{ deliveryId: 'del_1' }]);
  });
});

describe('receive', () => {
  const verified = (more: Partial<ExdataVerifiedDelivery> = {}): ExdataVerifiedDelivery => ({
    account: 'default',
    deliveryId: 'del_1',
    event: 'document.completed',
    sentAt: 1_700_000_000_000,
    secretId: 'current',
    body: Buffer.from('{"data":[]}'),
    ...more,
  });

  it('takes a copy that came through a queue, and tells a first one from a repeat', async () => {
    const deliveries = (await start('Express')).app.get(ExdataDeliveryService);
    expect(await deliveries.receive(verified())).toBe('fresh');
    expect(await deliveries.receive(verified())).toBe('duplicate');
    expect(await host?.inbox()).toHaveLength(1);
  });

  it('names why a copy could not be stored, and after how long it may be handed over again', async () => {
    const receiver = await start('Express');
    await receiver.app.get(DataSource).query('drop table exdata_delivery');
    await expect(receiver.app.get(ExdataDeliveryService).receive(verified())).rejects.toMatchObject({
      name: 'ExdataInboxUnavailableException',
      status: 503,
      reason: 'failed',
      retryAfterMs: 5_000,
    });
  });

  it('refuses a delivery for an account that is not configured', async () => {
    const deliveries = (await start('Express')).app.get(ExdataDeliveryService);
    await expect(deliveries.receive(verified({ account: 'another' }))).rejects.toThrow(ExdataInputError);
    expect(await host?.inbox()).toEqual([]);
  });
});
