import { Injectable } from '@nestjs/common';
import { FaultBook } from '../../dispatch/index.js';
import { countAnswerOfOthers, ExdataLog } from '../../telemetry/index.js';
import { originOf } from './own-answers.js';
import { Inject } from '../../injection/index.js';

export const exemptWebhook =
  'exempt the webhook with webhookDecorators, such as [SkipThrottle()] or the mark by which your guard knows a public route';

/**
 * Counts what a guard, filter, interceptor or middleware of the host answers on the webhook's route, and tells of it
 * once a minute: the deliveries are lost to the webhook, and documents would end by polling without a word.
 */
@Injectable()
export class AnswersOfOthers {
  /** Answered since the last line. Statuses are the host's words; there are a few hundred at most. */
  readonly #statuses = new Set<number>();

  constructor(
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** A request on the webhook's route was answered. */
  answered(request: object, status: number): void {
    const origin = originOf(request, status);
    if (origin === 'stored') this.faults.over('webhook');
    if (origin !== 'others') return;
    countAnswerOfOthers(status);
    this.#statuses.add(status);
    this.faults.note('webhook', (count) => {
      this.log.warn(
        'webhook.answered_by_others',
        {},
        { status: [...this.#statuses].join(','), count, fix: exemptWebhook },
      );
      this.#statuses.clear();
    });
  }
}
