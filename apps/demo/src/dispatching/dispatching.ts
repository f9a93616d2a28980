import type { DynamicModule } from '@nestjs/common';
import type { ExdataModuleExtras } from 'nestjs-exdata';
import type { DispatchSettings } from '../settings/settings.js';

/** What hands out the module's work: nothing to import where this process works its own rows. */
export interface Dispatching {
  readonly imports: readonly DynamicModule[];
  readonly extras: Pick<ExdataModuleExtras, 'dispatcher'>;
  /** Where bytes wait: other processes may do the sending where there is a queue, so that they must reach them. */
  readonly spool: 'directory' | 'database';
}

/** A demo without a queue loads none. */
export async function dispatchingFor(settings: DispatchSettings): Promise<Dispatching> {
  switch (settings.kind) {
    case 'in-process':
      return { imports: [], extras: {}, spool: 'directory' };
    case 'bull':
      return (await import('./bull.js')).bull(settings.redisUrl);
    case 'bullmq':
      return (await import('./bullmq.js')).bullMq(settings.redisUrl);
  }
}
