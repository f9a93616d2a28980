import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import type { ExdataDispatcher } from '../dispatcher.js';
import { EXDATA_DISPATCHER } from '../dispatcher.js';
import { withOptionalPeer } from '../optional-peer.js';
import type { ExdataBullMqExtras, ExdataBullMqOptions } from './options.js';
import { EXDATA_BULLMQ_LINES, EXDATA_BULLMQ_OPTIONS } from './tokens.js';

const defaults: Required<ExdataBullMqExtras> = { queue: {}, queues: { upload: {}, handler: {}, 'delivery-later': {} } };

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<ExdataBullMqOptions>({
  moduleName: 'ExdataBullMq',
  optionsInjectionToken: EXDATA_BULLMQ_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createExdataBullMqOptions')
  .setExtras<Required<ExdataBullMqExtras>>(defaults, (definition, extras) => ({
    ...definition,
    imports: [
      ...(definition.imports ?? []),
      withOptionalPeer(
        async () => (await import('./queues.js')).BullMqQueues.register(extras),
        'nestjs-exdata/bullmq',
        '@nestjs/bullmq bullmq ioredis',
      ),
    ],
    providers: [
      ...(definition.providers ?? []),
      {
        provide: EXDATA_DISPATCHER,
        inject: [EXDATA_BULLMQ_LINES, EXDATA_BULLMQ_OPTIONS],
        useFactory: (dispatcherFor: (options: ExdataBullMqOptions) => ExdataDispatcher, options: ExdataBullMqOptions) =>
          dispatcherFor(options),
      },
    ],
    exports: [EXDATA_DISPATCHER],
  }))
  .build();

/**
 * Work over BullMQ: `ExdataModule.forRoot({ dispatcher: ExdataBullMqModule.forRoot({}), ... })`. The connection is that
 * of the host's `BullModule.forRoot` of @nestjs/bullmq.
 */
@Module({})
export class ExdataBullMqModule extends ConfigurableModuleClass {}
