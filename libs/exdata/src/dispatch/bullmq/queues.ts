import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Logger, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { systemClock } from '../clock.js';
import type { Dispatcher } from '../dispatcher.js';
import { QueueDispatcher } from '../queue.dispatcher.js';
import { RedisGate } from '../redis-gate.js';
import { BullMqLine } from './bullmq.line.js';
import { refuseWithoutClient } from './connection.js';
import type { ExdataBullMqExtras, ExdataBullMqOptions, ExdataBullMqPolicy } from './options.js';
import { EXDATA_BULLMQ_LINES } from './tokens.js';

/** Registers the queues with the host's BullModule. Stands apart, so that it is loaded only where BullMQ is installed. */
@Module({})
export class BullMqQueues {
  static register({ queue, queues }: Required<ExdataBullMqExtras>): DynamicModule {
    const base = queue.name ?? 'exdata';
    const registrations = [
      { kind: undefined, options: { ...queue, name: base } },
      ...Object.entries(queues).map(([kind, own]) => ({ kind, options: { ...queue, ...own, name: `${base}-${kind}` } })),
    ];
    return {
      module: BullMqQueues,
      imports: [BullModule.registerQueue(...registrations.map(({ options }) => options))],
      providers: [
        {
          provide: EXDATA_BULLMQ_LINES,
          inject: registrations.map(({ options }) => getQueueToken(options.name)),
          useFactory: async (...registered: Queue[]) => {
            await Promise.all(registered.map(refuseWithoutClient));
            const byKind = new Map(registered.map((each, index) => [registrations[index]?.kind, each]));
            return (options: ExdataBullMqOptions) => dispatcherOver(byKind, options);
          },
        },
      ],
      exports: [EXDATA_BULLMQ_LINES],
    };
  }
}

function dispatcherOver(queues: ReadonlyMap<string | undefined, Queue>, options: ExdataBullMqOptions): Dispatcher {
  const gate = new RedisGate(options.commandTimeoutMs ?? 1_000, systemClock, new Logger('ExdataBullMq'));
  const lines = [...queues].map(([kind, queue]): [string | undefined, BullMqLine] => {
    const { jobs, worker }: ExdataBullMqPolicy = options.kinds?.[kind ?? ''] ?? {};
    const policy = { jobs: { ...options.jobs, ...jobs }, worker: { ...options.worker, ...worker } };
    return [kind, new BullMqLine(queue, policy, gate, systemClock)];
  });
  return new QueueDispatcher(new Map(lines));
}
