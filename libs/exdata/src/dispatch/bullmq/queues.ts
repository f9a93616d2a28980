import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Logger, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { systemClock } from '../clock.js';
import type { Dispatcher } from '../dispatcher.js';
import { QueueDispatcher } from '../queue.dispatcher.js';
import { RedisGate } from '../redis-gate.js';
import { BullMqLine } from './bullmq.line.js';
import type { ExdataBullMqExtras, ExdataBullMqOptions, ExdataBullMqPolicy } from './options.js';
import { EXDATA_BULLMQ_LINES } from './tokens.js';

/** Registers the queues with the host's BullModule. Stands apart, so that it is loaded only where BullMQ is installed. */
@Module({})
export class BullMqQueues {
  static register({ queue, queues }: Required<ExdataBullMqExtras>): DynamicModule {
    const name = queue.name ?? 'exdata';
    const kinds = Object.keys(queues);
    const names = [name, ...kinds.map((kind) => `${name}-${kind}`)];
    const registrations = [queue, ...kinds.map((kind) => ({ ...queue, ...queues[kind] }))];
    return {
      module: BullMqQueues,
      imports: [BullModule.registerQueue(...registrations.map((options, index) => ({ ...options, name: names[index] ?? name })))],
      providers: [
        {
          provide: EXDATA_BULLMQ_LINES,
          inject: names.map((each) => getQueueToken(each)),
          useFactory:
            (rest: Queue, ...own: Queue[]) =>
            (options: ExdataBullMqOptions) =>
              dispatcherOver(kinds, rest, own, options),
        },
      ],
      exports: [EXDATA_BULLMQ_LINES],
    };
  }
}

function dispatcherOver(kinds: readonly string[], rest: Queue, own: readonly Queue[], options: ExdataBullMqOptions): Dispatcher {
  const gate = new RedisGate(options.commandTimeoutMs ?? 1_000, systemClock, new Logger('ExdataBullMq'));
  const lineOf = (queue: Queue, { jobs, worker }: ExdataBullMqPolicy = {}): BullMqLine => {
    const policy = { jobs: { ...options.jobs, ...jobs }, worker: { ...options.worker, ...worker } };
    return new BullMqLine(queue, policy, gate, systemClock);
  };
  const lines = own.map((queue, index): [string, BullMqLine] => [kinds[index] ?? '', lineOf(queue, options.kinds?.[kinds[index] ?? ''])]);
  return new QueueDispatcher(new Map(lines), lineOf(rest));
}
