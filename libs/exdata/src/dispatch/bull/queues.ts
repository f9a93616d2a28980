import { BullModule, getQueueToken, getSharedConfigToken } from '@nestjs/bull';
import type { BullModuleOptions, BullRootModuleOptions } from '@nestjs/bull';
import { Logger, Module } from '@nestjs/common';
import type { DynamicModule, OptionalFactoryDependency } from '@nestjs/common';
import type { Queue } from 'bull';
import { systemClock } from '../clock.js';
import type { Dispatcher } from '../dispatcher.js';
import { rowBackoff, rowDelay } from '../queue-job.js';
import { QueueDispatcher } from '../queue.dispatcher.js';
import { RedisGate } from '../redis-gate.js';
import { BullLine } from './bull.line.js';
import type { ExdataBullExtras, ExdataBullOptions, ExdataBullPolicy } from './options.js';
import { EXDATA_BULL_LINES } from './tokens.js';

/** A queue of ours as the host's BullModule is asked for it. */
interface Registration extends BullModuleOptions {
  /** The kind of work that the queue is for; undefined for the one that takes the rest. */
  readonly kind: string | undefined;
  readonly name: string;
}

/** Registers the queues with the host's BullModule. Stands apart, so that it is loaded only where Bull is installed. */
@Module({})
export class BullQueues {
  static register({ queue, queues }: Required<ExdataBullExtras>): DynamicModule {
    const base = queue.name ?? 'exdata';
    const registrations: Registration[] = [
      { ...queue, name: base, kind: undefined },
      ...Object.entries(queues).map(([kind, own]) => ({ ...queue, ...own, name: `${base}-${kind}`, kind })),
    ];
    return {
      module: BullQueues,
      imports: [BullModule.registerQueueAsync(...registrations.map((registration) => withRowBackoff(registration)))],
      providers: [
        {
          provide: EXDATA_BULL_LINES,
          inject: [shared(queue.configKey), ...registrations.map(({ name }) => getQueueToken(name))],
          useFactory: (root: BullRootModuleOptions | undefined, ...own: Queue[]) => {
            return (options: ExdataBullOptions) => dispatcherOver(registrations, root, own, options);
          },
        },
      ],
      exports: [EXDATA_BULL_LINES],
    };
  }
}

/** What the host gave to `BullModule.forRoot`. */
const shared = (configKey: string | undefined): OptionalFactoryDependency => ({ token: getSharedConfigToken(configKey), optional: true });

/** Bull takes backoffs of one's own with the queue's settings, which would hide the host's: they are laid over those. */
function withRowBackoff({ kind: _kind, ...registration }: Registration): Parameters<typeof BullModule.registerQueueAsync>[0] {
  const { name, configKey } = registration;
  return {
    name,
    ...(configKey !== undefined && { configKey }),
    inject: [shared(configKey)],
    useFactory: (root: BullRootModuleOptions | undefined) => {
      const settings = { ...root?.settings, ...registration.settings };
      const backoffStrategies = {
        ...settings.backoffStrategies,
        [rowBackoff]: (_: number, error: unknown) => rowDelay(error, systemClock.now()),
      };
      return { ...registration, settings: { ...settings, backoffStrategies } };
    },
  };
}

function dispatcherOver(
  registrations: readonly Registration[],
  root: BullRootModuleOptions | undefined,
  queues: readonly Queue[],
  options: ExdataBullOptions,
): Dispatcher {
  const gate = new RedisGate(options.commandTimeoutMs ?? 1_000, systemClock, new Logger('ExdataBull'));
  const lineOf = (queue: Queue, { jobs, worker }: ExdataBullPolicy, ofQueue: BullModuleOptions['defaultJobOptions']): BullLine => {
    const policy = { jobs: { ...options.jobs, ...jobs }, worker: { ...options.worker, ...worker } };
    return new BullLine(queue, ofQueue, policy, gate, systemClock);
  };
  const lines = queues.map((queue, index) => {
    const { kind, defaultJobOptions = root?.defaultJobOptions } = registrations[index] ?? {};
    return { kind, line: lineOf(queue, (kind !== undefined && options.kinds?.[kind]) || {}, defaultJobOptions) };
  });
  const rest = lines.find(({ kind }) => kind === undefined);
  if (!rest) throw new Error('no queue is registered');
  return new QueueDispatcher(new Map(lines.flatMap(({ kind, line }) => (kind === undefined ? [] : [[kind, line]]))), rest.line);
}
