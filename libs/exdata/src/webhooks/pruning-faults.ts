import { Injectable } from '@nestjs/common';
import { ExdataTransactions, FaultBook } from '../dispatch/index.js';
import { errorName } from '../documents/index.js';
import { Inject } from '../injection/index.js';
import { ExdataLog } from '../telemetry/index.js';

/** Tells that deliveries whose time is over could not be pruned. */
@Injectable()
export class PruningFaults {
  constructor(
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  note(error: unknown): void {
    const tell = (count: number): void => this.log.warn('inbox.pruning_failed', {}, { error: errorName(error), count });
    if (this.transactions.isAway(error)) this.faults.note('database', tell, '');
    else this.faults.note('work', tell, 'inbox.pruning');
  }
}
