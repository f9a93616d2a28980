import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import type { ExdataDispatcher } from '../dispatcher.js';
import { EXDATA_DISPATCHER } from '../dispatcher.js';
import { withOptionalPeer } from '../optional-peer.js';
import type { ExdataBullExtras, ExdataBullOptions } from './options.js';
import { EXDATA_BULL_LINES, EXDATA_BULL_OPTIONS } from './tokens.js';

const defaults: Required<ExdataBullExtras> = { queue: {}, queues: { upload: {}, handler: {}, 'delivery-later': {} } };

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<ExdataBullOptions>({
  moduleName: 'ExdataBull',
  optionsInjectionToken: EXDATA_BULL_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createExdataBullOptions')
  .setExtras<Required<ExdataBullExtras>>(defaults, (definition, extras) => ({
    ...definition,
    imports: [
      ...(definition.imports ?? []),
      withOptionalPeer(
        async () => (await import('./queues.js')).BullQueues.register(extras),
        'nestjs-exdata/bull',
        '@nestjs/bull bull',
      ),
    ],
    providers: [
      ...(definition.providers ?? []),
      {
        provide: EXDATA_DISPATCHER,
        inject: [EXDATA_BULL_LINES, EXDATA_BULL_OPTIONS],
        useFactory: (dispatcherFor: (options: ExdataBullOptions) => ExdataDispatcher, options: ExdataBullOptions) =>
          dispatcherFor(options),
      },
    ],
    exports: [EXDATA_DISPATCHER],
  }))
  .build();

/**
 * Work over Bull: `ExdataModule.forRoot({ dispatcher: ExdataBullModule.forRoot({}), ... })`. The connection is that of
 * the host's `BullModule.forRoot` of @nestjs/bull.
 */
@Module({})
export class ExdataBullModule extends ConfigurableModuleClass {}
