import { Injectable } from '@nestjs/common';
import { FaultBook } from '../dispatch/index.js';
import type { LifeIds } from '../telemetry/index.js';
import { ExdataLog } from '../telemetry/index.js';
import type { InboxUnavailableError } from './inbox-errors.js';
import { Inject } from '../injection/index.js';

/** Tells of deliveries that could not be stored, in a line a minute. */
@Injectable()
export class UnstoredDeliveries {
  constructor(
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  note({ reason, fault }: InboxUnavailableError, ids: LifeIds): void {
    // That is as it should be.
    if (reason === 'stopping') this.log.debug('webhook.not_stored', ids, { reason });
    else this.faults.note('inbox', (count) => this.log.error('webhook.not_stored', ids, { reason, fault, count }));
  }

  /** One could be stored. */
  stored(): void {
    this.faults.over('inbox');
  }
}
