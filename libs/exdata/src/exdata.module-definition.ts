import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { ConfigurableModuleAsyncOptions, DynamicModule, InjectionToken, Provider, Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { EXDATA_OPTIONS } from './config/index.js';
import type { ExdataModuleOptions } from './config/index.js';
import { ExdataCoreModule } from './core/index.js';
import { EXDATA_DATA_SOURCE, EXDATA_DISPATCHER, InProcessDispatcher } from './dispatch/index.js';
import { token } from './injection/index.js';
import { primaryOf } from './persistence/index.js';
import { createWebhookController, EXDATA_WEBHOOK_PATH, ExdataWebhookGuard, GlobalGuards } from './webhooks/index.js';

/** What shapes the module; stands on the outer object, also in `forRootAsync`. */
export interface ExdataModuleExtras {
  /** Makes the module's services available everywhere; default false. */
  isGlobal?: boolean;
  /**
   * Path of the webhook's controller; default `webhooks/exdata`. `false` registers none: for processes that only work,
   * or a controller of your own.
   */
  webhookPath?: string | false;
  /**
   * Laid on the webhook's controller: the mark that exempts it from a global guard of yours, SkipThrottle() of a
   * throttler, ... Where there are global guards and this is left out, start warns; an empty array says that they let
   * the webhook through.
   */
  webhookDecorators?: readonly ClassDecorator[];
  /** Your own subclass of {@link ExdataWebhookGuard}. */
  webhookGuard?: Type<ExdataWebhookGuard>;
  /**
   * Injection token of the TypeORM DataSource; default the class `DataSource`, which @nestjs/typeorm binds to the
   * default one.
   */
  dataSource?: InjectionToken;
  /**
   * What hands out the work: a module that exports `EXDATA_DISPATCHER`, such as `ExdataBullMqModule.forRoot({})`, or
   * the injection token of an `ExdataDispatcher` of yours. Default: this process works its own rows.
   */
  dispatcher?: DynamicModule | InjectionToken;
  /**
   * Providers that take the place of the module's own: bind `EXDATA_ALERTS`, `EXDATA_SPOOL`, `EXDATA_CLOCK` and the
   * like to yours.
   */
  providers?: Provider[];
}

/** A class that gives the options, for `useClass` and `useExisting`. */
export interface ExdataOptionsFactory<Options extends object = ExdataModuleOptions> {
  /** Called once, at the start. What it throws stops the start. */
  createExdataOptions(): Options | Promise<Options>;
}

/**
 * What `forRootAsync` takes: one of `useFactory` (with `inject`), `useClass` and `useExisting`, the modules to import
 * for it, and what shapes the module, which no factory can give. `ExdataModuleAsyncOptions<ExdataEnvironmentOptions>`
 * for the modules that read the environment.
 */
export interface ExdataModuleAsyncOptions<Options extends object = ExdataModuleOptions>
  extends ConfigurableModuleAsyncOptions<Options, 'createExdataOptions'>, ExdataModuleExtras {}

/** Nest takes the keys that stand here, and no others, for extras. */
const defaults: Required<ExdataModuleExtras> = {
  isGlobal: false,
  webhookPath: 'webhooks/exdata',
  webhookDecorators: [],
  webhookGuard: ExdataWebhookGuard,
  dataSource: DataSource,
  dispatcher: InProcessDispatcher,
  providers: [],
};

/** The options and what was imported for them go into the core; the module itself only shows what that holds. */
const shaped = (
  { module, imports = [], providers = [] }: DynamicModule,
  extras: Required<ExdataModuleExtras>,
): DynamicModule => ({
  module,
  global: extras.isGlobal,
  imports: [
    {
      module: ExdataCoreModule,
      imports: [...imports, ...(isModule(extras.dispatcher) ? [extras.dispatcher] : [])],
      controllers: controllersOf(extras),
      providers: [
        ...providers,
        { provide: EXDATA_DATA_SOURCE, inject: [extras.dataSource], useFactory: primaryOf },
        { provide: EXDATA_WEBHOOK_PATH, useValue: extras.webhookPath },
        ...(extras.webhookPath !== false && extras.webhookDecorators === defaults.webhookDecorators
          ? [GlobalGuards]
          : []),
        ...(isModule(extras.dispatcher) ? [] : [{ provide: EXDATA_DISPATCHER, useExisting: extras.dispatcher }]),
        ...extras.providers,
      ],
    },
  ],
});

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<ExdataModuleOptions>({
  optionsInjectionToken: EXDATA_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createExdataOptions')
  .setExtras<Required<ExdataModuleExtras>>(defaults, shaped)
  .build();

/** What a host adds to what its environment says. */
export type ExdataEnvironmentOptions = Omit<ExdataModuleOptions, 'mode' | 'environment'>;

/** What the host's code says; the environment adds the rest. */
export const EXDATA_ENVIRONMENT_OPTIONS = token<ExdataEnvironmentOptions>('environment-options');

/** As above, for the modules that read their accounts from the environment. */
export const { ConfigurableModuleClass: EnvironmentModuleClass } =
  new ConfigurableModuleBuilder<ExdataEnvironmentOptions>({
    optionsInjectionToken: EXDATA_ENVIRONMENT_OPTIONS,
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createExdataOptions')
    .setExtras<Required<ExdataModuleExtras>>(defaults, shaped)
    .build();

/** The module again, with a core that holds more. */
export function withCore(
  { imports = [], ...module }: DynamicModule,
  more: (core: DynamicModule) => DynamicModule,
): DynamicModule {
  return {
    ...module,
    imports: imports.map((each) => ('module' in each && each.module === ExdataCoreModule ? more(each) : each)),
  };
}

function isModule(dispatcher: DynamicModule | InjectionToken): dispatcher is DynamicModule {
  return typeof dispatcher === 'object' && 'module' in dispatcher;
}

function controllersOf({ webhookPath, webhookGuard, webhookDecorators }: Required<ExdataModuleExtras>): Type<object>[] {
  if (webhookPath === false) return [];
  return [createWebhookController({ path: webhookPath, guard: webhookGuard, decorators: webhookDecorators })];
}
