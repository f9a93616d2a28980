import type { Provider } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { ExdataError } from '../api/index.js';
import { EXDATA_CONFIG } from '../config/index.js';
import type { ExdataConfig } from '../config/index.js';
import {
  Claims,
  EXDATA_CLOCK,
  EXDATA_DATA_SOURCE,
  EXDATA_DISPATCHER,
  EXDATA_RANDOM,
  ExdataTransactions,
  InProcessDispatcher,
  Worker,
  WorkService,
} from '../dispatch/index.js';
import type { Clock, Dispatcher, Random, WorkFault, WorkRow } from '../dispatch/index.js';
import { ExdataDocument } from '../documents/index.js';
import { ExdataLog } from '../telemetry/index.js';
import type { LifeIds } from '../telemetry/index.js';
import { ExdataDelivery } from '../webhooks/index.js';
import { errorName, make } from './make-provider.js';
import { retryOf } from './retry-of.js';

function idsOf(row: WorkRow | undefined): LifeIds {
  if (row instanceof ExdataDocument) return { sourceType: row.sourceType, sourceId: row.sourceId, documentId: row.exdataId };
  return row instanceof ExdataDelivery ? { deliveryId: row.deliveryId, documentId: row.exdataId } : {};
}

const faultLog = (log: ExdataLog) => (fault: WorkFault) => {
  const { error, ref, retryAt, row } = fault;
  log.warn(
    'work.failed',
    { ...idsOf(row), requestId: error instanceof ExdataError ? error.requestId : undefined },
    { job: ref.job, row: ref.id, error: errorName(error), retryAt },
  );
};

/** Wires the dispatcher, the claims and the worker. */
export const dispatchProviders: Provider[] = [
  make(InProcessDispatcher, [EXDATA_CONFIG], ({ work }: ExdataConfig) => new InProcessDispatcher(work.concurrency)),
  make(
    Claims,
    [EXDATA_DATA_SOURCE, ExdataTransactions],
    (dataSource: DataSource, transactions: ExdataTransactions) => new Claims(dataSource, transactions),
  ),
  make(
    WorkService,
    [EXDATA_CONFIG, Claims, ExdataTransactions, EXDATA_DISPATCHER, EXDATA_CLOCK, EXDATA_RANDOM, ExdataLog],
    (
      config: ExdataConfig,
      claims: Claims,
      transactions: ExdataTransactions,
      dispatcher: Dispatcher,
      clock: Clock,
      random: Random,
      log: ExdataLog,
    ) => {
      const { leaseMs, sweepEveryMs, drainMs } = config.work;
      const onFault = faultLog(log);
      const worker = new Worker(claims, transactions, clock, random, { leaseMs, retry: retryOf(config), poisonAfter: 3 }, onFault);
      return new WorkService(claims, worker, dispatcher, clock, { sweepEveryMs, sweepBatch: 100, drainMs }, onFault);
    },
  ),
];
