import { Injectable } from '@nestjs/common';
import { FaultBook } from '../dispatch/index.js';
import { countHookFailure, countRefusal, ExdataLog } from '../telemetry/index.js';
import type { BodyFault } from './bodies/body-reader.js';
import { DoubtDesk } from './doubts/doubt-desk.js';
import type { DoubtfulDelivery } from './doubts/signature-doubts.js';
import { ExdataWebhookRefusal } from './webhook-refusal.js';
import { Inject } from '../injection/index.js';

const crowded =
  'bodies that are not verified fill webhook.unverifiedBytes: look who sends them, and let a proxy limit it';
const hints: Partial<Record<BodyFault, string>> = { no_room: crowded, pushed_out: crowded };

/**
 * Counts refusals, and tells the log of a sample of them: a flood must cost neither the disk nor the reader of the log.
 */
@Injectable()
export class WebhookRefusals {
  readonly #desk = new DoubtDesk();

  constructor(
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /**
   * Counts it and, if it is its turn, writes a line with how many of its kind there were since the last one.
   *
   * @param doubt asked for only when a line is written; that waits until the desk has looked into it, and the sender
   * does not wait for either
   */
  note(refusal: ExdataWebhookRefusal, doubt?: () => DoubtfulDelivery): void {
    const { reason, account } = refusal;
    countRefusal(reason, account);
    const tell = (count: number): void => {
      const write = (hint = refusal.hint): void =>
        this.log[reason === 'no_raw_body' ? 'error' : 'warn']('webhook.refused', { account }, { reason, count, hint });
      if (!doubt || !this.#desk.look(doubt(), write)) write();
    };
    this.faults.note('refused', tell, `${reason} ${account ?? ''}`);
  }

  /** The host's own part in a refusal failed; the sender was answered without it. `fault` is a name or a code. */
  hookFailed(fault: string): void {
    countHookFailure();
    this.faults.note('refused', (count) => this.log.warn('webhook.refused_hook_failed', {}, { fault, count }), 'hook');
  }

  /** A body that was not read to its end. */
  atTheDoor(reason: BodyFault): ExdataWebhookRefusal {
    const refusal = new ExdataWebhookRefusal(reason, undefined, hints[reason]);
    this.note(refusal);
    return refusal;
  }

  /** A sender that left before its body was complete. */
  hungUp(): void {
    countRefusal('hung_up', undefined);
  }
}
