import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module } from '@nestjs/common';
import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  ExdataAccounts,
  ExdataApi,
  ExdataConfigurationError,
  exdataEntities,
  exdataMigrations,
  ExdataModule,
  getExdataApiToken,
  InjectExdataApi,
} from 'nestjs-exdata';

let app: INestApplicationContext | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const account = (name: string) => ({
  token: `tok_${name}`,
  webhookSecrets: [{ id: 'current', secret: `a secret of ${name} of good length` }],
});
const withAccounts = (...names: string[]): DynamicModule =>
  ExdataModule.forRootAsync({
    webhookPath: false,
    useFactory: () => ({
      mode: 'test',
      accounts: Object.fromEntries(names.map((name) => [name, account(name)])),
      upload: { spool: 'database' },
    }),
  });

async function start(...imports: (DynamicModule | Type)[]): Promise<INestApplicationContext> {
  const database = TypeOrmModule.forRoot({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [...exdataEntities],
    migrations: [...exdataMigrations],
    migrationsRun: true,
    retryAttempts: 0,
  });
  @Module({ imports: [database, ...imports] })
  class AppModule {}
  app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  return app;
}

@Injectable()
class Previews {
  @InjectExdataApi('globex') readonly property!: ExdataApi;

  constructor(
    @InjectExdataApi() readonly main: ExdataApi,
    @InjectExdataApi('acme') readonly acme: ExdataApi,
    @Inject('made') readonly made: ExdataApi,
  ) {}
}

@Module({
  imports: [ExdataModule],
  providers: [
    Previews,
    { provide: 'made', inject: [getExdataApiToken('globex')], useFactory: (api: ExdataApi) => api },
  ],
})
class PreviewsModule {}

@Injectable()
class Misspelt {
  constructor(@InjectExdataApi('acmee') readonly api: ExdataApi) {}
}

@Module({ imports: [ExdataModule], providers: [Misspelt] })
class MisspeltModule {}

describe('the client of one account among several', () => {
  it('is injected into constructors, properties and factories by the name of the account', async () => {
    const context = await start(withAccounts('acme', 'globex'), PreviewsModule);
    const accounts = context.get(ExdataAccounts, { strict: false });
    const previews = context.get(Previews, { strict: false });
    const { api: acme } = accounts.get('acme');
    const { api: globex } = accounts.get('globex');
    expect([previews.main, previews.acme].every((api) => api === acme)).toBe(true);
    expect([previews.property, previews.made].every((api) => api === globex)).toBe(true);
    expect(acme).toBeInstanceOf(ExdataApi);
    expect(acme).not.toBe(globex);
    expect(context.get(getExdataApiToken('globex'), { strict: false })).toBe(globex);
  });

  it('stops the start where there is no such account, and names who asks for it and those that there are', async () => {
    const starting = start(withAccounts('acme', 'globex'), MisspeltModule);
    await expect(starting).rejects.toThrow(ExdataConfigurationError);
    await expect(starting).rejects.toThrow(
      "Misspelt injects the client of the account 'acmee', which is not configured; there is acme, globex",
    );
  });

  it('is nothing to an application of the same process that does not ask for it', async () => {
    const context = await start(withAccounts('default'));
    expect(context.get(ExdataAccounts, { strict: false }).names).toEqual(['default']);
  });

  it('has one token for each account, and the class for the main one', () => {
    expect(getExdataApiToken()).toBe(ExdataApi);
    expect(getExdataApiToken('acme')).toBe(getExdataApiToken('acme'));
    expect(getExdataApiToken('acme')).not.toBe(getExdataApiToken('globex'));
  });
});
