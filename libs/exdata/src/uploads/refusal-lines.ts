import { Injectable } from '@nestjs/common';
import type { ExdataError } from '../api/index.js';
import { FaultBook } from '../dispatch/index.js';
import type { ExdataDocumentState, ExdataLink } from '../documents/index.js';
import { ExdataWatch, isExdataFault } from '../documents/index.js';
import type { LifeIds } from '../telemetry/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { SpoolReadError } from './errors.js';
import { isEnd } from './refused-row.js';
import { holdReasonOf } from './upload-outcome.js';
import type { UploadOutcome } from './upload-outcome.js';
import { idsOf } from './upload-row.js';
import { Inject } from '../injection/index.js';

/**
 * Tells of refused uploads: of each that has ended, until there are many; of what waits or is tried again once a
 * minute, and by the watch where exdata is at fault.
 */
@Injectable()
export class RefusalLines {
  constructor(
    @Inject(ExdataWatch) private readonly watch: ExdataWatch,
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** @param retryAt epoch ms; null where it is not tried again by itself */
  tell(
    row: ExdataLink,
    error: ExdataError,
    outcome: UploadOutcome,
    state: ExdataDocumentState,
    retryAt: number | null,
  ): void {
    this.watch.failed(row.account, error, idsOf(row));
    const ids = { ...idsOf(row), documentId: error.documentId, requestId: error.requestId };
    const { code } = error;
    const tellEnd = (count: number): void => this.log.error(`upload.${state}`, ids, { code, retryAt, count });
    if (error instanceof SpoolReadError && error.isLoss) this.#tellLoss(error);
    if (isEnd(state)) this.faults.noteEach('document_failed', tellEnd, row.account);
    else if (outcome.kind !== 'retry')
      this.#tellWait(ids, { code, retryAt }, `${row.account} ${holdReasonOf(outcome) ?? 'limit'}`);
    else if (error instanceof SpoolReadError || isExdataFault(error))
      this.log.debug('upload.retry', ids, { code, retryAt });
    else
      this.faults.note('work', (count) => this.log.warn('upload.retry', ids, { code, retryAt, count }), 'upload.retry');
  }

  #tellLoss({ code, why }: SpoolReadError): void {
    this.faults.note('spool', (count) => this.log.error('spool.failed', {}, { code, why, count }));
  }

  #tellWait(ids: LifeIds, fields: { readonly code: string; readonly retryAt: number | null }, where: string): void {
    this.faults.note('upload_waits', (count) => this.log.warn('upload.waits', ids, { ...fields, count }), where);
  }
}
