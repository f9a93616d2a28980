import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { DynamicModule, InjectionToken, Provider, Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ExdataModuleOptions } from './config/index.js';
import { EXDATA_DATA_SOURCE, EXDATA_DISPATCHER, InProcessDispatcher } from './dispatch/index.js';
import { createWebhookController, ExdataWebhookGuard } from './webhooks/index.js';

/** What shapes the module; stands on the outer object, also in `forRootAsync`. */
export interface ExdataModuleExtras {
  /** Makes the module's services available everywhere; default false. */
  isGlobal?: boolean;
  /** Path of the webhook's controller; default `webhooks/exdata`. `false` registers none: for processes that only work, or a controller of your own. */
  webhookPath?: string | false;
  /** Laid on the webhook's controller: the mark that exempts it from a global guard of yours, SkipThrottle() of a throttler, ... */
  webhookDecorators?: readonly ClassDecorator[];
  /** Your own subclass of {@link ExdataWebhookGuard}. */
  webhookGuard?: Type<ExdataWebhookGuard>;
  /** Injection token of the TypeORM DataSource; default the class `DataSource`, which @nestjs/typeorm binds to the default one. */
  dataSource?: InjectionToken;
  /**
   * What hands out the work: a module that exports `EXDATA_DISPATCHER`, such as `ExdataBullMqModule.forRoot({})`, or the injection token of
   * a `Dispatcher` of yours. Default: this process works its own rows.
   */
  dispatcher?: DynamicModule | InjectionToken;
  /** Providers that take the place of the module's own: bind `EXDATA_ALERTS`, `EXDATA_SPOOL`, `EXDATA_CLOCK` and the like to yours. */
  providers?: Provider[];
}

/** Path of this registration's webhook controller, or false. */
export const EXDATA_WEBHOOK_PATH = Symbol.for('nestjs-exdata:webhook-path');

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

const shaped = (definition: DynamicModule, extras: Required<ExdataModuleExtras>): DynamicModule => ({
  ...definition,
  global: extras.isGlobal,
  imports: [...(definition.imports ?? []), ...(isModule(extras.dispatcher) ? [extras.dispatcher] : [])],
  controllers: controllersOf(extras),
  providers: [
    ...(definition.providers ?? []),
    { provide: EXDATA_DATA_SOURCE, useExisting: extras.dataSource },
    { provide: EXDATA_WEBHOOK_PATH, useValue: extras.webhookPath },
    ...(isModule(extras.dispatcher) ? [] : [{ provide: EXDATA_DISPATCHER, useExisting: extras.dispatcher }]),
    ...extras.providers,
  ],
});

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<ExdataModuleOptions>({
  moduleName: 'Exdata',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createExdataOptions')
  .setExtras<Required<ExdataModuleExtras>>(defaults, shaped)
  .build();

/** What a host adds to what its environment says. */
export type ExdataEnvironmentOptions = Omit<ExdataModuleOptions, 'mode' | 'environment'>;

/** As above, for the modules that read their accounts from the environment. */
export const { ConfigurableModuleClass: EnvironmentModuleClass, MODULE_OPTIONS_TOKEN: ENVIRONMENT_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<ExdataEnvironmentOptions>({ optionsInjectionToken: Symbol.for('nestjs-exdata:environment-options') })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createExdataOptions')
    .setExtras<Required<ExdataModuleExtras>>(defaults, shaped)
    .build();

function isModule(dispatcher: DynamicModule | InjectionToken): dispatcher is DynamicModule {
  return typeof dispatcher === 'object' && 'module' in dispatcher;
}

function controllersOf({ webhookPath, webhookGuard, webhookDecorators }: Required<ExdataModuleExtras>): Type<object>[] {
  if (webhookPath === false) return [];
  return [createWebhookController({ path: webhookPath, guard: webhookGuard, decorators: webhookDecorators })];
}
