import type { ExdataLog } from '../../telemetry/index.js';
import type { AnswersOfOthers } from '../answers/answers-of-others.js';
import { decideAnswer } from '../answers/own-answers.js';
import type { ExdataWebhookRefusal } from '../webhook-refusal.js';
import type { WebhookRefusals } from '../webhook-refusals.js';
import type { BodyFault, BodyReader } from './body-reader.js';

type SetHeader = (name: string, value: string) => unknown;

/** Answers senders whose bodies were not read to the end; no guard is asked about these. */
export class Door {
  constructor(
    private readonly refusals: WebhookRefusals,
    /** When a sender for whom there was no room is told to come again, in milliseconds. */
    private readonly retryAfterMs: number,
  ) {}

  /** A sender that left before its body was complete. */
  hungUp(): void {
    this.refusals.hungUp();
  }

  /** What the sender is answered; its connection ends with that, since the rest of its body may be on the way. */
  turnAway(request: object, fault: BodyFault, setHeader: SetHeader): ExdataWebhookRefusal {
    setHeader('Connection', 'close');
    if (isCrowd(fault)) setHeader('Retry-After', String(Math.ceil(this.retryAfterMs / 1000)));
    const refusal = this.refusals.atTheDoor(fault);
    decideAnswer(request, refusal.status);
    return refusal;
  }
}

/** Whether others needed the room. Of these there may be thousands at once. */
export function isCrowd(fault: BodyFault): boolean {
  return fault === 'no_room' || fault === 'pushed_out';
}

export interface BodyKeeping {
  readonly reader: BodyReader;
  readonly door: Door;
  readonly answers: AnswersOfOthers;
  readonly log: ExdataLog;
}
