import { Injectable } from '@nestjs/common';
import { ExdataTransactions, FaultBook } from '../dispatch/index.js';
import type { ExdataSource } from '../documents/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { ExdataDatabaseError, ExdataSpoolError } from './errors.js';
import type { TakenFile } from './upload-intake.js';
import { Inject } from '../injection/index.js';

/** Sees why files cannot be taken: tells the log, and gives whoever submits an error that says when to come again. */
@Injectable()
export class IntakeWatch {
  constructor(
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  took({ spoolId }: TakenFile): void {
    if (spoolId !== null) this.faults.over('spool');
  }

  /** What to throw instead of `error`. */
  told(error: unknown, source: ExdataSource): unknown {
    const { code, cause } = error instanceof ExdataSpoolError ? error : { code: null, cause: error };
    if (code !== 'spool_full' && this.transactions.isAway(cause)) {
      this.faults.note('database', (count) => this.log.error('database.failed', {}, { job: 'submit', count }));
      return new ExdataDatabaseError(source, cause);
    }
    if (error instanceof ExdataSpoolError) {
      const { message: why } = error;
      this.faults.note('spool', (count) => this.log.error('spool.failed', {}, { code, why, count }));
    }
    return error;
  }
}
