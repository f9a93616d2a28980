import type { HttpException } from '@nestjs/common';
import type { Clock } from '../dispatch/index.js';
import type { ExdataLog } from '../telemetry/index.js';
import { countRefusal } from '../telemetry/index.js';
import { SampledLines } from './sampled-lines.js';
import { WebhookRefusal } from './webhook-refusal.js';

/** Counts refusals, and tells the log of a sample of them: a flood must cost neither the disk nor the reader of the log. */
export class WebhookRefusals {
  readonly #lines: SampledLines;

  constructor(
    clock: Clock,
    private readonly log: ExdataLog,
  ) {
    this.#lines = new SampledLines(clock);
  }

  /** Counts it and, if it is its turn, writes a line with how many of its kind there were since the last one. */
  note(refusal: WebhookRefusal): void {
    const { reason, account } = refusal;
    countRefusal(reason, account);
    const count = this.#lines.count(`${reason} ${account ?? ''}`);
    if (count === null) return;
    this.log[reason === 'no_raw_body' ? 'error' : 'warn']('webhook.refused', { account }, { reason, count, hint: refusal.hint?.() });
  }

  /** A body that was not read to its end, and what its sender is answered. */
  atTheDoor(reason: 'too_large' | 'too_slow'): HttpException {
    const refusal = new WebhookRefusal(reason);
    this.note(refusal);
    return refusal.toAnswer();
  }

  /** A sender that left before its body was complete. */
  hungUp(): void {
    countRefusal('hung_up', undefined);
  }
}
