import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, Logger, Module } from '@nestjs/common';
import { ConfigModule, ConfigService, registerAs } from '@nestjs/config';
import {
  exdataEnvironment,
  ExdataEnvironmentModule,
  ExdataLiveModule,
  ExdataModule,
  ExdataTestModule,
} from 'nestjs-exdata';
import { EXDATA_CONFIG } from '../../libs/exdata/src/config/index.js';
import type { ExdataEnvironmentOptions, ExdataModuleOptions } from 'nestjs-exdata';
import type { ExdataConfig } from '../../libs/exdata/src/config/index.js';
import { until } from '../until.js';
import { Host, secret } from './host.js';

const before = { ...process.env };
let host: Host | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
  for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name);
});

/** The environment as a deployment would set it; the simulator's address is known only now. */
function environment(
  mode: 'TEST' | 'LIVE',
  { baseUrl = '' }: ExdataModuleOptions,
  more: Record<string, string> = {},
): void {
  const variables = {
    BASE_URL: baseUrl,
    TOKEN: `sandbox_${mode.toLowerCase()}_token`,
    WEBHOOK_SECRETS: `current:${secret}`,
    ...more,
  };
  for (const [name, value] of Object.entries(variables)) process.env[`EXDATA_${mode}_${name}`] = value;
}

const plain = ({ upload, work }: ExdataModuleOptions): ExdataEnvironmentOptions => ({
  ...(upload && { upload }),
  ...(work && { work }),
});

async function lifeOf(id: string, started: Promise<Host>): Promise<Host> {
  host = await started;
  await host.sandbox.documents.finish(await host.pending(id));
  await host.handled(id);
  return host;
}

describe('[C4] ExdataTestModule', () => {
  it('lives on EXDATA_TEST_* alone, its options beside them', async () => {
    const imported = (settings: ExdataModuleOptions) => {
      environment('TEST', settings, { OWNER: 'finance' });
      return ExdataTestModule.forRoot({ isGlobal: true, ...plain(settings) });
    };
    const { app, documents } = await lifeOf('INV-1', Host.start({ imported }));
    expect(app.get<ExdataConfig>(EXDATA_CONFIG, { strict: false })).toMatchObject({
      mode: 'test',
      accounts: [{ owner: 'finance' }],
    });
    expect(await documents.findBySource({ type: 'invoice', id: 'INV-1' })).toMatchObject({ exdataMode: 'test' });
  });

  it('takes its options from a factory, its shape from the outer object', async () => {
    const imported = (settings: ExdataModuleOptions) => {
      environment('TEST', settings);
      process.env.SPOOL = settings.upload?.spoolDirectory;
      return ExdataTestModule.forRootAsync({
        webhookPath: 'webhooks/exdata',
        imports: [ConfigModule.forRoot({ ignoreEnvFile: true })],
        inject: [ConfigService],
        useFactory: (config: ConfigService) => ({ upload: { spoolDirectory: config.getOrThrow<string>('SPOOL') } }),
      });
    };
    const { app } = await lifeOf('INV-2', Host.start({ imported }));
    expect(app.get<ExdataConfig>(EXDATA_CONFIG, { strict: false }).upload.spoolDirectory).toBe(process.env.SPOOL);
  });

  it('takes them from a class too', async () => {
    const imported = (settings: ExdataModuleOptions) => {
      environment('TEST', settings);
      @Injectable()
      class Options {
        createExdataOptions(): ExdataEnvironmentOptions {
          return plain(settings);
        }
      }
      return ExdataTestModule.forRootAsync({ useClass: Options });
    };
    await lifeOf('INV-3', Host.start({ imported }));
  });

  it('lets code give what the environment does not', async () => {
    const imported = (settings: ExdataModuleOptions) => ExdataTestModule.forRoot(settings);
    await lifeOf('INV-4', Host.start({ imported }));
  });
});

describe('[C4] ExdataEnvironmentModule', () => {
  /** As a project has it: nothing in the environment that its `.env` does not say, and ConfigModule to load that. */
  const started = (mode: string) =>
    Host.start({
      imported: (settings) => {
        const envFilePath = path.join(path.dirname(settings.upload?.spoolDirectory ?? ''), '.env');
        const lines = ['TEST', 'LIVE'].flatMap((each) => [
          `EXDATA_${each}_BASE_URL=${settings.baseUrl ?? ''}`,
          `EXDATA_${each}_TOKEN=sandbox_${each.toLowerCase()}_token`,
          `EXDATA_${each}_WEBHOOK_SECRETS=current:${secret}`,
        ]);
        writeFileSync(envFilePath, [mode, ...lines].join('\n'));
        const exdata = ExdataEnvironmentModule.forRoot({
          isGlobal: true,
          allowInsecureBaseUrl: true,
          ...plain(settings),
        });
        @Module({})
        class SetUp {}
        return { module: SetUp, imports: [ConfigModule.forRoot({ envFilePath }), exdata] };
      },
    });

  it.each(['test', 'live'] as const)('runs in the mode that .env names: %s', async (mode) => {
    const { documents } = await lifeOf('INV-1', started(`EXDATA_MODE=${mode}`));
    expect(await documents.findBySource({ type: 'invoice', id: 'INV-1' })).toMatchObject({ exdataMode: mode });
  });

  it.each(['', 'EXDATA_MODE=', 'EXDATA_MODE=prod'])('does not start where it names none: "%s"', async (line) => {
    await expect(started(line)).rejects.toThrow(/EXDATA_MODE must be test or live; nothing is assumed/);
  });
});

describe('[C1 C4] ExdataLiveModule', () => {
  it('lives on EXDATA_LIVE_*, its token in a file that may change while it runs', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'exdata-live-'));
    const file = path.join(folder, 'token');
    await writeFile(file, 'sandbox_live_token');
    try {
      const imported = (settings: ExdataModuleOptions) => {
        environment('LIVE', settings, { TOKEN: '', TOKEN_FILE: file });
        return ExdataLiveModule.forRoot({ allowInsecureBaseUrl: true, ...plain(settings) });
      };
      const { app, documents } = await lifeOf('INV-1', Host.start({ imported }));
      expect(await documents.findBySource({ type: 'invoice', id: 'INV-1' })).toMatchObject({ exdataMode: 'live' });
      const [account] = app.get<ExdataConfig>(EXDATA_CONFIG, { strict: false }).accounts;
      await writeFile(file, 'the_token_after_it');
      // It is looked at once a second.
      await until(async () => (await account?.token()) === 'the_token_after_it');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('does not start on a token in code, an http address or missing variables; names all of them, by variable, and shows none', async () => {
    const lines: string[] = [];
    const keep = (message: unknown): void => void lines.push(String(message));
    const imported = ({ token, baseUrl = '' }: ExdataModuleOptions) => {
      process.env.EXDATA_LIVE_BASE_URL = baseUrl;
      process.env.EXDATA_LIVE_WEBHOOK_SECRETS_FILE = '/nowhere/hush';
      process.env.EXDATA_LIVE_OWNER = 'hush\thush';
      return ExdataLiveModule.forRoot({ ...(token !== undefined && { token }), upload: { maxBytes: -1 } });
    };
    Logger.overrideLogger({ log: keep, warn: keep, error: keep });
    const told = await Host.start({ imported })
      .then(() => 'it started', String)
      .finally(() => void Logger.overrideLogger(false));
    expect(told).toMatch(/^ExdataConfigurationError: /);
    for (const fault of [
      'upload.maxBytes: ',
      'EXDATA_LIVE_BASE_URL: must begin with https://',
      'EXDATA_LIVE_OWNER: must have 1 to 200 characters',
      'token: must not stand in the code in live mode',
      'EXDATA_LIVE_WEBHOOK_SECRETS_FILE: names a file that cannot be read (ENOENT)',
    ])
      expect(told).toContain(fault);
    expect(told + lines.join()).not.toMatch(/sandbox_test_token|hush\thush|127\.0\.0\.1/);
  });

  it('can be a namespace of @nestjs/config that names secrets and holds none', async () => {
    const liveExdata = registerAs('liveExdata', () => exdataEnvironment('live'));
    const imported = (settings: ExdataModuleOptions) => {
      environment('LIVE', settings);
      return ExdataModule.forRootAsync({
        imports: [ConfigModule.forFeature(liveExdata)],
        inject: [liveExdata.KEY],
        useFactory: (described: ReturnType<typeof exdataEnvironment>) => ({
          mode: 'live' as const,
          environment: described,
          allowInsecureBaseUrl: true,
          ...plain(settings),
        }),
      });
    };
    const { app } = await lifeOf('INV-5', Host.start({ imported }));
    const held = JSON.stringify(app.get(ConfigService, { strict: false }).get<unknown>('liveExdata'));
    expect(held).toContain('EXDATA_LIVE_TOKEN');
    expect(held).not.toMatch(new RegExp(`sandbox_live_token|${secret}`));
  });
});
