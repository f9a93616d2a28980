import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { ExdataConfigurationError } from './api/index.js';
import { EXDATA_OPTIONS, exdataLiveConfig, exdataModeConfig, exdataTestConfig } from './config/index.js';
import type { ExdataEnvironment, ExdataModuleOptions } from './config/index.js';
import { faceExports, faceProviders } from './core/index.js';
import { EXDATA_ENVIRONMENT_OPTIONS, EnvironmentModuleClass, withCore } from './exdata.module-definition.js';
import type {
  ExdataEnvironmentOptions,
  ExdataModuleAsyncOptions,
  ExdataModuleExtras,
} from './exdata.module-definition.js';

/**
 * {@link ExdataModule} in test mode, its accounts read from `EXDATA_TEST_*` through @nestjs/config. Options go before
 * the environment, field by field.
 */
@Module({ providers: faceProviders, exports: faceExports })
export class ExdataTestModule extends EnvironmentModuleClass {
  /** @param options go before the environment, field by field */
  static override forRoot(options: ExdataEnvironmentOptions & ExdataModuleExtras = {}): DynamicModule {
    return inEnvironment(super.forRoot(options), exdataTestConfig);
  }

  /** @param options as for any module of Nest; what they give goes before the environment, field by field */
  static override forRootAsync(options: ExdataModuleAsyncOptions<ExdataEnvironmentOptions>): DynamicModule {
    return inEnvironment(super.forRootAsync(options), exdataTestConfig);
  }
}

/**
 * {@link ExdataModule} in live mode, its accounts read from `EXDATA_LIVE_*` through @nestjs/config. Options go before
 * the environment, field by field; secrets among them are given as sources, never as text.
 */
@Module({ providers: faceProviders, exports: faceExports })
export class ExdataLiveModule extends EnvironmentModuleClass {
  /** @param options go before the environment, field by field */
  static override forRoot(options: ExdataEnvironmentOptions & ExdataModuleExtras = {}): DynamicModule {
    return inEnvironment(super.forRoot(options), exdataLiveConfig);
  }

  /** @param options as for any module of Nest; what they give goes before the environment, field by field */
  static override forRootAsync(options: ExdataModuleAsyncOptions<ExdataEnvironmentOptions>): DynamicModule {
    return inEnvironment(super.forRootAsync(options), exdataLiveConfig);
  }
}

/**
 * {@link ExdataTestModule} or {@link ExdataLiveModule}, as `EXDATA_MODE` says once @nestjs/config has loaded `.env`.
 * Nothing is assumed where it says neither: the start is refused.
 */
@Module({ providers: faceProviders, exports: faceExports })
export class ExdataEnvironmentModule extends EnvironmentModuleClass {
  /** @param options go before the environment, field by field */
  static override forRoot(options: ExdataEnvironmentOptions & ExdataModuleExtras = {}): DynamicModule {
    return inEnvironment(super.forRoot(options), exdataModeConfig);
  }

  /** @param options as for any module of Nest; what they give goes before the environment, field by field */
  static override forRootAsync(options: ExdataModuleAsyncOptions<ExdataEnvironmentOptions>): DynamicModule {
    return inEnvironment(super.forRootAsync(options), exdataModeConfig);
  }
}

/** The module with the options that the host gave and the environment together make. */
function inEnvironment(given: DynamicModule, config: typeof exdataTestConfig | typeof exdataModeConfig): DynamicModule {
  const options = (
    code: ExdataEnvironmentOptions,
    read: ExdataEnvironment | ReturnType<typeof exdataModeConfig>,
  ): ExdataModuleOptions => {
    const environment = 'environment' in read ? read.environment : read;
    if (environment) return { ...code, mode: environment.mode, environment };
    throw new ExdataConfigurationError(
      'ExdataModule cannot start: EXDATA_MODE must be test or live; nothing is assumed, since live documents are paid for',
    );
  };
  return withCore(given, ({ imports = [], providers = [], ...core }) => ({
    ...core,
    imports: [...imports, ConfigModule.forFeature(config)],
    providers: [
      ...providers,
      { provide: EXDATA_OPTIONS, inject: [EXDATA_ENVIRONMENT_OPTIONS, config.KEY], useFactory: options },
    ],
  }));
}
