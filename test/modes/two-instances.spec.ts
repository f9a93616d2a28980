import { afterEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  ExdataConfigurationError,
  exdataEntities,
  ExdataLiveModule,
  exdataMigrations,
  ExdataModule,
  ExdataTestModule,
  ExdataUploadService,
  exdataSecretFromProvider,
} from 'nestjs-exdata';
import type { ExdataModuleOptions } from 'nestjs-exdata';
import { secret } from '../life/host.js';

const withoutMode = {
  baseUrl: 'http://127.0.0.1:9',
  token: 'sandbox_test_token',
  webhookSecrets: [{ id: 'current', secret }],
  upload: { spool: 'database' as const },
};
const options: ExdataModuleOptions = { mode: 'test', ...withoutMode };
const live = { allowInsecureBaseUrl: true, token: exdataSecretFromProvider(() => 'sandbox_live_token') };
const secrets = { webhookSecrets: [{ id: 'current', secret: exdataSecretFromProvider(() => secret) }] };

const running: INestApplicationContext[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()));
});

const database = (): DynamicModule =>
  TypeOrmModule.forRoot({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [...exdataEntities],
    migrations: [...exdataMigrations],
    migrationsRun: true,
    retryAttempts: 0,
  });

/** An application of two modules of the host's, which import what is given. */
async function start(billing: DynamicModule, archive: DynamicModule): Promise<INestApplicationContext> {
  @Module({ imports: [billing] })
  class BillingModule {}

  @Module({ imports: [archive] })
  class ArchiveModule {}

  @Module({ imports: [database(), BillingModule, ArchiveModule] })
  class HostModule {}

  const app = await NestFactory.createApplicationContext(HostModule, { logger: false, abortOnError: false });
  running.push(app);
  return app;
}

async function refusalOf(starting: Promise<unknown>): Promise<string> {
  const error = await starting.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ExdataConfigurationError);
  return String(error);
}

describe('an application with ExdataModule in two places', () => {
  it.each([false, true])(
    'is refused where each has options of its own, global: %s, and both importers are named',
    async (isGlobal) => {
      const shape = { isGlobal, webhookPath: false } as const;
      const told = await refusalOf(
        start(ExdataModule.forRoot({ ...shape, ...options }), ExdataModule.forRoot({ ...shape, ...options })),
      );
      expect(told).toMatch(/registered 2 times in this application: by BillingModule; by ArchiveModule\. .*`accounts`/);
    },
  );

  it('is refused where they are the modules of test and of live mode', async () => {
    const shape = { isGlobal: true, webhookPath: false } as const;
    const told = await refusalOf(
      start(
        ExdataTestModule.forRoot({ ...shape, ...withoutMode }),
        ExdataLiveModule.forRootAsync({ ...shape, useFactory: () => ({ ...withoutMode, ...live, ...secrets }) }),
      ),
    );
    expect(told).toMatch(/by BillingModule \(ExdataTestModule\); by ArchiveModule \(ExdataLiveModule\)/);
  });

  it('starts where both import the same object: that is one', async () => {
    const exdata = ExdataModule.forRoot({ webhookPath: false, ...options });
    expect((await start(exdata, exdata)).get(ExdataUploadService, { strict: false })).toBeInstanceOf(
      ExdataUploadService,
    );
  });
});

it('two applications in one process have one each', async () => {
  @Module({ imports: [database(), ExdataModule.forRoot({ webhookPath: false, ...options })] })
  class One {}

  @Module({ imports: [database(), ExdataModule.forRoot({ webhookPath: false, ...options })] })
  class Other {}

  for (const host of [One, Other])
    running.push(await NestFactory.createApplicationContext(host, { logger: false, abortOnError: false }));
  const [one, other] = running.map((app) => app.get(ExdataUploadService, { strict: false }));
  expect(one).not.toBe(other);
});
