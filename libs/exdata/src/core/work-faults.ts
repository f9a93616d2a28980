import { ExdataError } from '../api/index.js';
import type { FaultBook, WorkFault, WorkRow } from '../dispatch/index.js';
import { errorName, ExdataLink, ExdataHandlerRun, isExdataFault } from '../documents/index.js';
import type { ExdataLog, LifeIds } from '../telemetry/index.js';
import { ExdataDelivery, ExdataDeliveryRun } from '../webhooks/index.js';

/** Tells of failed work: each attempt at level debug, and each cause once a minute. */
export const tellWorkFaults = (faults: FaultBook, log: ExdataLog) => (fault: WorkFault) => {
  const { error, ref, retryAt, row, databaseAway = false } = fault;
  const ids = { ...idsOf(row), requestId: error instanceof ExdataError ? error.requestId : undefined };
  const fields = { job: ref.job, row: ref.id, error: errorName(error), retryAt };
  if (databaseAway)
    faults.note('database', (count) => log.error('database.failed', {}, { job: ref.job, error: codeOf(error), count }));
  // The calls to exdata, to the host's handlers and to its alert port are told of where they are made.
  else if (isExdataFault(error) || isToldOf(row, ref.job)) log.debug('work.failed', ids, fields);
  else faults.note('work', (count) => log.warn('work.failed', ids, { ...fields, count }), ref.job);
};

function isToldOf(row: WorkRow | undefined, job: string): boolean {
  return row instanceof ExdataHandlerRun || row instanceof ExdataDeliveryRun || (row !== undefined && job === 'alert');
}

function idsOf(row: WorkRow | undefined): LifeIds {
  if (row instanceof ExdataLink)
    return { sourceType: row.sourceType, sourceId: row.sourceId, documentId: row.exdataId };
  return row instanceof ExdataDelivery ? { deliveryId: row.deliveryId, documentId: row.exdataId } : {};
}

/** The driver's code, such as ECONNREFUSED; never its text. */
function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : errorName(error);
}
