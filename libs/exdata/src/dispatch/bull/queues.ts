import { BullModule, getQueueToken, getSharedConfigToken } from '@nestjs/bull';
import type { BullModuleAsyncOptions, BullModuleOptions, BullRootModuleOptions } from '@nestjs/bull';
import { Logger, Module } from '@nestjs/common';
import type { DynamicModule, OptionalFactoryDependency } from '@nestjs/common';
import type { Queue } from 'bull';
import { systemClock } from '../clock.js';
import type { ExdataDispatcher } from '../dispatcher.js';
import { rowBackoff, rowDelay } from '../queue-job.js';
import { byKind } from '../job-kinds.js';
import type { ExdataJobKind } from '../job-kinds.js';
import type { KnownMode } from '../mode.module.js';
import { knownMode, queueNameIn } from '../queue-names.js';
import { QueueDispatcher } from '../queue.dispatcher.js';
import { RedisGate } from '../redis-gate.js';
import { BullLine } from './bull.line.js';
import type { ExdataBullExtras, ExdataBullOptions, ExdataBullPolicy } from './options.js';
import { EXDATA_BULL_LINES } from './tokens.js';

/** A queue of ours as the host's BullModule is asked for it. */
interface Registration {
  /** The kind of work that the queue is for; undefined for the one that takes the rest. */
  readonly kind: ExdataJobKind | undefined;
  readonly options: BullModuleOptions & { readonly name: string };
}

/** Registers the queues with the host's BullModule. Stands apart, so that it is loaded only where Bull is installed. */
@Module({})
export class BullQueues {
  static register({ queue, queues }: Required<ExdataBullExtras>): DynamicModule {
    const base = queue.name ?? 'exdata';
    const registrations: Registration[] = [
      { kind: undefined, options: { ...queue, name: base } },
      ...byKind(queues, 'ExdataBullModule: `queues`').map(([kind, own]) => ({
        kind,
        options: { ...queue, ...own, name: `${base}-${kind}` },
      })),
    ];
    return {
      module: BullQueues,
      imports: [BullModule.registerQueueAsync(...registrations.map(({ options }) => withRowBackoff(options)))],
      providers: [
        {
          provide: EXDATA_BULL_LINES,
          inject: [shared(queue.configKey), ...registrations.map(({ options }) => getQueueToken(options.name))],
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
const shared = (configKey: string | undefined): OptionalFactoryDependency => ({
  token: getSharedConfigToken(configKey),
  optional: true,
});

/**
 * Bull takes backoffs of one's own with the queue's settings, which would hide the host's: they are laid over those.
 */
function withRowBackoff(options: Registration['options']): BullModuleAsyncOptions {
  const { name, configKey } = options;
  return {
    name,
    ...(configKey !== undefined && { configKey }),
    inject: [knownMode, shared(configKey)],
    useFactory: async (known: KnownMode | undefined, root: BullRootModuleOptions | undefined) => {
      // A job whose process died runs again within a lease's time, not within two of Bull's half minutes.
      const settings = { lockDuration: 10_000, stalledInterval: 5_000, ...root?.settings, ...options.settings };
      const backoffStrategies = {
        ...settings.backoffStrategies,
        [rowBackoff]: (_: number, error: unknown) => rowDelay(error, systemClock.now()),
      };
      return { ...options, name: await queueNameIn(known, name), settings: { ...settings, backoffStrategies } };
    },
  };
}

function dispatcherOver(
  registrations: readonly Registration[],
  root: BullRootModuleOptions | undefined,
  queues: readonly Queue[],
  options: ExdataBullOptions,
): ExdataDispatcher {
  const own = registrations.flatMap(({ kind }) => kind ?? []);
  const kinds = new Map(
    byKind(options.kinds ?? {}, 'ExdataBullModule: `kinds`, for those that `queues` gives a queue of their own,', own),
  );
  const gate = new RedisGate(options.commandTimeoutMs ?? 1_000, systemClock, Math.random, new Logger('ExdataBull'));
  const lines = new Map<string | undefined, BullLine>();
  queues.forEach((queue, index) => {
    const { kind, options: registered } = registrations[index] ?? {};
    const { jobs, worker }: ExdataBullPolicy = (kind && kinds.get(kind)) ?? {};
    const policy = { jobs: { ...options.jobs, ...jobs }, worker: { ...options.worker, ...worker } };
    lines.set(
      kind,
      new BullLine(queue, registered?.defaultJobOptions ?? root?.defaultJobOptions, policy, gate, systemClock),
    );
  });
  return new QueueDispatcher('bull', lines, () => gate.faults());
}
