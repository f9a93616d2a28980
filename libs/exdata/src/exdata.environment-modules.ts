import { Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { exdataLiveConfig, exdataTestConfig } from './config/index.js';
import type { ExdataEnvironment, ExdataModuleOptions } from './config/index.js';
import { ENVIRONMENT_OPTIONS_TOKEN, EnvironmentModuleClass, MODULE_OPTIONS_TOKEN } from './exdata.module-definition.js';
import type { ExdataEnvironmentOptions } from './exdata.module-definition.js';
import { ExdataModule } from './exdata.module.js';

/**
 * {@link ExdataModule} in test mode, its accounts read from `EXDATA_TEST_*` through @nestjs/config (`exdataTestConfig`). Options go before the
 * environment, field by field.
 */
@Module({})
export class ExdataTestModule extends EnvironmentModuleClass {
  static override forRoot(options: Parameters<typeof EnvironmentModuleClass.forRoot>[0] = {}): DynamicModule {
    return inEnvironment(ExdataTestModule, super.forRoot(options), exdataTestConfig);
  }

  static override forRootAsync(options: Parameters<typeof EnvironmentModuleClass.forRootAsync>[0]): DynamicModule {
    return inEnvironment(ExdataTestModule, super.forRootAsync(options), exdataTestConfig);
  }
}

/**
 * {@link ExdataModule} in live mode, its accounts read from `EXDATA_LIVE_*` through @nestjs/config (`exdataLiveConfig`). Options go before the
 * environment, field by field; secrets among them are given as sources, never as text.
 */
@Module({})
export class ExdataLiveModule extends EnvironmentModuleClass {
  static override forRoot(options: Parameters<typeof EnvironmentModuleClass.forRoot>[0] = {}): DynamicModule {
    return inEnvironment(ExdataLiveModule, super.forRoot(options), exdataLiveConfig);
  }

  static override forRootAsync(options: Parameters<typeof EnvironmentModuleClass.forRootAsync>[0]): DynamicModule {
    return inEnvironment(ExdataLiveModule, super.forRootAsync(options), exdataLiveConfig);
  }
}

/** ExdataModule with what the host gave and what the environment says. */
function inEnvironment(module: Type, given: DynamicModule, config: typeof exdataTestConfig): DynamicModule {
  const options = (code: ExdataEnvironmentOptions, environment: ExdataEnvironment): ExdataModuleOptions => ({
    ...code,
    mode: environment.mode,
    environment,
  });
  const exdata: DynamicModule = {
    ...given,
    module: ExdataModule,
    imports: [...(given.imports ?? []), ConfigModule.forFeature(config)],
    providers: [
      ...(given.providers ?? []),
      { provide: MODULE_OPTIONS_TOKEN, inject: [ENVIRONMENT_OPTIONS_TOKEN, config.KEY], useFactory: options },
    ],
  };
  return { module, imports: [exdata], exports: [ExdataModule] };
}
