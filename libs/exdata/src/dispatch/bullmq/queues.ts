import { BullModule, getQueueToken } from '@nestjs/bullmq';
import type { RegisterQueueAsyncOptions, RegisterQueueOptions } from '@nestjs/bullmq';
import { Logger, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { systemClock } from '../clock.js';
import type { ExdataDispatcher } from '../dispatcher.js';
import { byKind } from '../job-kinds.js';
import type { ExdataJobKind } from '../job-kinds.js';
import type { KnownMode } from '../mode.module.js';
import { knownMode, queueNameIn } from '../queue-names.js';
import { QueueDispatcher } from '../queue.dispatcher.js';
import { RedisGate } from '../redis-gate.js';
import { BullMqLine } from './bullmq.line.js';
import { refuseWithoutClient } from './connection.js';
import type { ExdataBullMqExtras, ExdataBullMqOptions, ExdataBullMqPolicy } from './options.js';
import { EXDATA_BULLMQ_LINES } from './tokens.js';

/** A queue of ours as the host's BullModule is asked for it. */
interface Registration {
  /** The kind of work that the queue is for; undefined for the one that takes the rest. */
  readonly kind: ExdataJobKind | undefined;
  readonly options: RegisterQueueOptions & { readonly name: string };
}

/**
 * Registers the queues with the host's BullModule. Stands apart, so that it is loaded only where BullMQ is installed.
 */
@Module({})
export class BullMqQueues {
  static register({ queue, queues }: Required<ExdataBullMqExtras>): DynamicModule {
    const base = queue.name ?? 'exdata';
    const registrations: Registration[] = [
      { kind: undefined, options: { ...queue, name: base } },
      ...byKind(queues, 'ExdataBullMqModule: `queues`').map(([kind, own]) => ({
        kind,
        options: { ...queue, ...own, name: `${base}-${kind}` },
      })),
    ];
    return {
      module: BullMqQueues,
      imports: [BullModule.registerQueueAsync(...registrations.map(({ options }) => inMode(options)))],
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

/** As the host and the kinds of work have it, under the mode's name; its token stays the one without. */
function inMode(options: Registration['options']): RegisterQueueAsyncOptions {
  const { name, configKey } = options;
  return {
    name,
    ...(configKey !== undefined && { configKey }),
    inject: [knownMode],
    useFactory: async (known: KnownMode | undefined) => ({ ...options, name: await queueNameIn(known, name) }),
  };
}

function dispatcherOver(
  queues: ReadonlyMap<ExdataJobKind | undefined, Queue>,
  options: ExdataBullMqOptions,
): ExdataDispatcher {
  const own = [...queues.keys()].flatMap((kind) => kind ?? []);
  const kinds = new Map(
    byKind(
      options.kinds ?? {},
      'ExdataBullMqModule: `kinds`, for those that `queues` gives a queue of their own,',
      own,
    ),
  );
  const gate = new RedisGate(options.commandTimeoutMs ?? 1_000, systemClock, Math.random, new Logger('ExdataBullMq'));
  const lines = [...queues].map(([kind, queue]): [ExdataJobKind | undefined, BullMqLine] => {
    const { jobs, worker }: ExdataBullMqPolicy = (kind && kinds.get(kind)) ?? {};
    const policy = { jobs: { ...options.jobs, ...jobs }, worker: { ...options.worker, ...worker } };
    return [kind, new BullMqLine(queue, policy, gate, systemClock)];
  });
  return new QueueDispatcher('bullmq', new Map(lines), () => gate.faults());
}
