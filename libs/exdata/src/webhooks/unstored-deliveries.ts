import type { Clock } from '../dispatch/index.js';
import type { ExdataLog, LifeIds } from '../telemetry/index.js';
import type { InboxUnavailableError } from './inbox-errors.js';
import { SampledLines } from './sampled-lines.js';

/** Tells of deliveries that could not be stored, in a sample of lines. */
export class UnstoredDeliveries {
  readonly #lines: SampledLines;

  constructor(
    clock: Clock,
    private readonly log: ExdataLog,
  ) {
    this.#lines = new SampledLines(clock);
  }

  note({ reason, fault }: InboxUnavailableError, ids: LifeIds): void {
    const count = this.#lines.count(`${reason} ${fault ?? ''}`);
    if (count !== null) this.log[reason === 'stopping' ? 'info' : 'error']('webhook.not_stored', ids, { reason, fault, count });
  }
}
