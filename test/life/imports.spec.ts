import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module } from '@nestjs/common';
import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { exdataEntities, exdataMigrations, ExdataModule, ExdataTestModule, ExdataUploadService } from 'nestjs-exdata';
import { ExdataHealthIndicator, ExdataHealthModule } from 'nestjs-exdata/terminus';

let app: INestApplicationContext | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const shape = { webhookPath: false } as const;
const withoutMode = {
  token: 'tok_1',
  webhookSecrets: [{ id: 'current', secret: 'sixteen characters' }],
  upload: { spool: 'database' },
} as const;
const values = { mode: 'test', ...withoutMode } as const;
const options = { ...shape, ...values };

const database = (more: object = { entities: [...exdataEntities] }): DynamicModule =>
  TypeOrmModule.forRoot({
    type: 'better-sqlite3',
    database: ':memory:',
    migrations: [...exdataMigrations],
    migrationsRun: true,
    retryAttempts: 0,
    ...more,
  });

async function start(...imports: (DynamicModule | Type)[]): Promise<INestApplicationContext> {
  @Module({ imports })
  class AppModule {}
  app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  return app;
}

@Injectable()
class Billing {
  constructor(@Inject(ExdataUploadService) readonly uploads: ExdataUploadService) {}
}

@Module({ imports: [ExdataModule], providers: [Billing] })
class BillingModule {}

@Module({ imports: [ExdataTestModule], providers: [Billing] })
class TestBillingModule {}

@Module({ providers: [Billing] })
class ForgetfulModule {}

describe('ExdataModule imported by its name alone', () => {
  it.each<[string, () => (DynamicModule | Type)[]]>([
    ['before the one with options', () => [BillingModule, ExdataModule.forRoot(options)]],
    ['after it', () => [ExdataModule.forRoot(options), BillingModule]],
    ['beside one for everybody', () => [ExdataModule.forRoot({ isGlobal: true, ...options }), BillingModule]],
    [
      'beside one with a factory',
      () => [BillingModule, ExdataModule.forRootAsync({ ...shape, useFactory: () => values })],
    ],
    ['as the module of a mode', () => [TestBillingModule, ExdataTestModule.forRoot({ ...shape, ...withoutMode })]],
    ['beside the module of a mode', () => [BillingModule, ExdataTestModule.forRoot({ ...shape, ...withoutMode })]],
  ])('hands on what the one with options holds: %s', async (_where, imports) => {
    const application = await start(database(), ...imports());
    const { uploads } = application.get(Billing, { strict: false });
    expect(uploads).toBeInstanceOf(ExdataUploadService);
    const all = application.get(ExdataUploadService, { strict: false, each: true });
    expect(all.every((each) => each === uploads)).toBe(true);
  });

  it.each([
    [BillingModule, 'BillingModule'],
    [TestBillingModule, 'TestBillingModule \\(ExdataTestModule\\)'],
  ])('says who does so and what to write, where there is none with options: %p', async (module, importer) => {
    await expect(start(database(), module)).rejects.toThrow(
      new RegExp(
        `^ExdataModule is imported by ${importer}, and nowhere with options\\. Write them once, .*\`ExdataModule\\.forRoot\\(`,
      ),
    );
  });

  it('leaves the fault of the options to be told, where they have one', async () => {
    const starting = start(database(), BillingModule, ExdataModule.forRoot({ ...options, token: '' }));
    await expect(starting).rejects.toThrow(/^ExdataModule cannot start with these options:\n {2}- token/);
  });

  it('is what a module needs that injects of it, unless that is for everybody', async () => {
    await expect(start(database(), ForgetfulModule, ExdataModule.forRoot(options))).rejects.toThrow(
      /resolve dependencies of .*Billing/,
    );
    await app?.close();
    const application = await start(database(), ForgetfulModule, ExdataModule.forRoot({ isGlobal: true, ...options }));
    expect(application.get(Billing, { strict: false }).uploads).toBeInstanceOf(ExdataUploadService);
  });

  it('may be exported by the module that sets it up, for others to import', async () => {
    @Module({ imports: [ExdataModule.forRoot(options)], exports: [ExdataModule] })
    class DocumentsModule {}
    @Module({ imports: [DocumentsModule] })
    class UsingModule {}
    expect((await start(database(), UsingModule)).get(ExdataUploadService, { strict: false })).toBeInstanceOf(
      ExdataUploadService,
    );
  });
});

it('ExdataHealthModule works beside a module that is not global', async () => {
  const { get } = {
    get: async () =>
      (await start(database(), ExdataModule.forRoot(options), ExdataHealthModule)).get(ExdataHealthIndicator),
  };
  expect(await (await get()).isHealthy()).toEqual({ exdata: { status: 'up' } });
});

it('a DataSource that was not told of the module’s entities is named with the line that is missing', async () => {
  await expect(
    start(database({ autoLoadEntities: true, migrations: [] }), ExdataModule.forRoot(options)),
  ).rejects.toThrow(
    /the DataSource does not know ExdataLink, .*: add \.\.\.exdataEntities to its `entities`, beside `autoLoadEntities` too/,
  );
});

it('one line at start says what runs, and no secret', async () => {
  const lines: string[] = [];
  const keep = (message: unknown): void => void lines.push(String(message));
  @Module({ imports: [database(), ExdataModule.forRoot(options)] })
  class AppModule {}
  app = await NestFactory.createApplicationContext(AppModule, {
    logger: { log: keep, warn: keep, error: keep },
    abortOnError: false,
  });
  expect(lines.filter((line) => line.startsWith('exdata.started'))).toEqual([
    'exdata.started mode=test accounts=default origin=https://www.exdata.app dispatcher=in-process database=better-sqlite3 spool=database webhook=none pollingMs=10000..300000',
  ]);
  expect(lines.join()).not.toMatch(/tok_1|sixteen/);
});
