import type { HttpException } from '@nestjs/common';
import type { Clock } from '../dispatch/index.js';
import type { ExdataLog } from '../telemetry/index.js';
import { countRefusal } from '../telemetry/index.js';
import { WebhookRefusal } from './webhook-refusal.js';

/** A line for the first refusal of a kind; then one a minute, or one in a thousand, whichever comes first. */
const everyMs = 60_000;
const everyNth = 1_000;

interface Told {
  readonly at: number;
  since: number;
}

/** Counts refusals, and tells the log of a sample of them: a flood must cost neither the disk nor the reader of the log. */
export class WebhookRefusals {
  readonly #told = new Map<string, Told>();

  constructor(
    private readonly clock: Clock,
    private readonly log: ExdataLog,
  ) {}

  /** Counts it and, if it is its turn, writes a line with how many of its kind there were since the last one. */
  note(refusal: WebhookRefusal): void {
    const { reason, account } = refusal;
    countRefusal(reason, account);
    const kind = `${reason} ${account ?? ''}`;
    const last = this.#told.get(kind);
    const count = (last?.since ?? 0) + 1;
    const now = this.clock.now();
    if (last && count < everyNth && now - last.at < everyMs) {
      last.since = count;
      return;
    }
    this.#told.set(kind, { at: now, since: 0 });
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
