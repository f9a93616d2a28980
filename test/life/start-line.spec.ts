import { BullModule } from '@nestjs/bull';
import { BullModule as BullMqModule } from '@nestjs/bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module, VersioningType } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ExdataModule } from 'nestjs-exdata';
import type { ExdataDispatcher, ExdataAccountOptions } from 'nestjs-exdata';
import { ExdataBullModule } from 'nestjs-exdata/bull';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import { describeWithRedisProgram, TestRedis } from '../services.js';
import { platforms, Receiver, secret } from '../webhooks/receiver.js';
import type { ReceiverOptions } from '../webhooks/receiver.js';
import { Host } from './host.js';

let receiver: Receiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});

async function lineOf(platform: (typeof platforms)[number], setup: ReceiverOptions): Promise<string> {
  receiver = await Receiver.start(platform, { ...setup, options: { upload: { spool: 'database' }, ...setup.options } });
  expect(receiver.lines.join('\n')).not.toContain(secret);
  return receiver.lines.find((line) => line.startsWith('exdata.started')) ?? 'none';
}

describe.each(platforms)('the line at start, on %s, says where the webhook is really reached', (platform) => {
  it('under a global prefix and beside versions', async () => {
    const line = await lineOf(platform, {
      prepare: (app) =>
        void app.setGlobalPrefix('api/v2').enableVersioning({ type: VersioningType.URI, defaultVersion: '7' }),
      path: '/api/v2/webhooks/exdata',
    });
    expect(line).toContain(' webhook=/api/v2/webhooks/exdata ');
    expect(await receiver?.deliver()).toMatchObject({ status: 204 });
  });

  it('where the host excludes it from the prefix, or gives it a path of its own', async () => {
    const prepare: ReceiverOptions['prepare'] = (app) =>
      void app.setGlobalPrefix('api', { exclude: ['hooks/{*rest}', 'hooks'] });
    const path = '/hooks';
    const line = await lineOf(platform, { prepare, path, extras: { webhookPath: 'hooks' } });
    expect(line).toContain(' webhook=/hooks ');
    expect(await receiver?.deliver()).toMatchObject({ status: 204 });
  });

  it('and that there is none', async () => {
    expect(await lineOf(platform, { extras: { webhookPath: false } })).toContain(' webhook=none ');
  });
});

it('the line at start says which account goes where, once they go to different places', async () => {
  const webhookSecrets = [{ id: 'current', secret }];
  const to = (baseUrl: string, token: string): ExdataAccountOptions => ({ baseUrl, token, webhookSecrets });
  const lineWith = async (accounts: Readonly<Record<string, ExdataAccountOptions>>): Promise<string | undefined> => {
    const host = await Host.start({
      imported: () => ExdataModule.forRoot({ mode: 'test', upload: { spool: 'database' }, accounts }),
    });
    await host.close();
    return host.lines.find((line) => line.startsWith('exdata.started'));
  };
  const one = { acme: to('https://one.example/api', 'tok_a'), globex: to('https://one.example/api', 'tok_g') };
  expect(await lineWith(one)).toContain(' accounts=acme,globex origin=https://one.example ');
  expect(await lineWith({ ...one, globex: to('https://two.example/api', 'tok_g') })).toContain(
    ' origin="acme=https://one.example,globex=https://two.example" ',
  );
});

/** A dispatcher as a host may write it. */
@Injectable()
class PostalService implements ExdataDispatcher {
  readonly shared = true;
  start(): void {
    return undefined;
  }
  dispatch(): void {
    return undefined;
  }
  stop(): Promise<void> {
    return Promise.resolve();
  }
}

describeWithRedisProgram('the line at start names the dispatcher', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.start();
  });
  afterAll(() => redis.stop());

  it.each<[string, () => ReceiverOptions]>([
    ['in-process', () => ({})],
    [
      'bull',
      () => ({
        imports: [BullModule.forRoot({ redis: { port: redis.port } })],
        extras: { dispatcher: ExdataBullModule.forRoot({}) },
      }),
    ],
    [
      'bullmq',
      () => ({
        imports: [BullMqModule.forRoot({ connection: { port: redis.port } })],
        extras: { dispatcher: ExdataBullMqModule.forRoot({}) },
      }),
    ],
    ['PostalService', () => ({ imports: [postOffice()], extras: { dispatcher: PostalService } })],
  ])('%s', async (name, setup) => {
    expect(await lineOf('Express', setup())).toContain(` dispatcher=${name} `);
  });
});

function postOffice(): DynamicModule {
  @Module({})
  class PostOffice {}
  return { module: PostOffice, global: true, providers: [PostalService], exports: [PostalService] };
}
