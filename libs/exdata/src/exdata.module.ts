import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { ExdataModuleOptions } from './config/index.js';
import { faceExports, faceProviders } from './core/index.js';
import { ConfigurableModuleClass } from './exdata.module-definition.js';
import type { ExdataModuleAsyncOptions, ExdataModuleExtras } from './exdata.module-definition.js';

/**
 * exdata for a Nest application: uploads that are sent once, webhooks that are lost never, handlers that run once. One
 * module of the application imports `ExdataModule.forRoot({ … })` or `forRootAsync`, and all that inject something of
 * it import `ExdataModule`. Workers start at application bootstrap and are drained before shutdown.
 */
@Module({ providers: faceProviders, exports: faceExports })
export class ExdataModule extends ConfigurableModuleClass {
  /** Once in an application. What is missing or malformed stops the start, all at once, and no value is shown. */
  static override forRoot(options: ExdataModuleOptions & ExdataModuleExtras): DynamicModule {
    return super.forRoot(options);
  }

  /** The same with options that a factory gives, or a class: as with any module of Nest. */
  static override forRootAsync(options: ExdataModuleAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }
}
