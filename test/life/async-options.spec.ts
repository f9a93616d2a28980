import process from 'node:process';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ExdataModule, ExdataTestModule } from 'nestjs-exdata';
import type {
  ExdataEnvironmentOptions,
  ExdataModuleAsyncOptions,
  ExdataModuleOptions,
  ExdataOptionsFactory,
} from 'nestjs-exdata';
import { Host, secret } from './host.js';

const before = { ...process.env };
let host: Host | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
  for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name);
});

const SETTINGS = Symbol('settings');

/** Options as a host keeps them: in a class that is given its settings by Nest. */
@Injectable()
class Options implements ExdataOptionsFactory {
  constructor(@Inject(SETTINGS) private readonly settings: ExdataModuleOptions) {}

  createExdataOptions(): Promise<ExdataModuleOptions> {
    return Promise.resolve(this.settings);
  }
}

/** A module of the host that has the settings, and the class as well. */
function settingsModule(settings: ExdataModuleOptions): DynamicModule {
  @Module({ providers: [{ provide: SETTINGS, useValue: settings }, Options], exports: [SETTINGS, Options] })
  class SettingsModule {}
  return { module: SettingsModule };
}

const ways: Record<string, Pick<ExdataModuleAsyncOptions, 'useFactory' | 'inject' | 'useClass' | 'useExisting'>> = {
  useFactory: { useFactory: (settings: ExdataModuleOptions) => settings, inject: [SETTINGS] },
  useClass: { useClass: Options },
  useExisting: { useExisting: Options },
};

/** One document from the upload by webhook to the handler. */
async function lives(running: Host): Promise<void> {
  await running.sandbox.documents.finish(await running.pending('4711'));
  await running.handled('4711');
  expect(await running.inboxWorkedOff()).toEqual(['applied']);
}

describe('forRootAsync', () => {
  it.each(Object.keys(ways))('takes %s, with what shapes the module beside it', async (way) => {
    const webhookPath = 'hooks/from-outside';
    const imported = (settings: ExdataModuleOptions): DynamicModule => {
      const options: ExdataModuleAsyncOptions = {
        ...ways[way],
        imports: [settingsModule(settings)],
        isGlobal: true,
        webhookPath,
      };
      return ExdataModule.forRootAsync(options);
    };
    host = await Host.start({ imported, extras: { webhookPath } });
    await lives(host);
  });

  it('takes a class beside the environment', async () => {
    const imported = ({ baseUrl = '', upload }: ExdataModuleOptions): DynamicModule => {
      process.env.EXDATA_TEST_TOKEN = 'sandbox_test_token';
      process.env.EXDATA_TEST_WEBHOOK_SECRETS = `current:${secret}`;
      process.env.EXDATA_TEST_BASE_URL = baseUrl;
      class SpoolOptions implements ExdataOptionsFactory<ExdataEnvironmentOptions> {
        createExdataOptions(): ExdataEnvironmentOptions {
          return upload ? { upload } : {};
        }
      }
      return ExdataTestModule.forRootAsync({ useClass: SpoolOptions, isGlobal: true });
    };
    host = await Host.start({ imported });
    await lives(host);
  });
});
