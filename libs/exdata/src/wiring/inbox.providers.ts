import type { Provider } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EXDATA_CONFIG } from '../config/index.js';
import type { ExdataConfig } from '../config/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, ExdataTransactions, WorkService } from '../dispatch/index.js';
import type { Clock } from '../dispatch/index.js';
import { inboxTableFor } from '../persistence/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { DeliveryStore, GroupCommit, InboxRetention, InboxTable, UnstoredDeliveries } from '../webhooks/index.js';
import { errorName, make } from './make-provider.js';

/** Wires what stores deliveries. */
export const inboxProviders: Provider[] = [
  make(InboxTable, [EXDATA_DATA_SOURCE, ExdataTransactions], (dataSource: DataSource, transactions: ExdataTransactions) =>
    inboxTableFor(dataSource, transactions),
  ),
  make(
    GroupCommit,
    [InboxTable, EXDATA_CLOCK, EXDATA_CONFIG],
    (table: InboxTable, clock: Clock, { webhook }: ExdataConfig) => new GroupCommit(table, clock, webhook.inbox),
  ),
  make(UnstoredDeliveries, [EXDATA_CLOCK, ExdataLog], (clock: Clock, log: ExdataLog) => new UnstoredDeliveries(clock, log)),
  make(
    DeliveryStore,
    [GroupCommit, WorkService, UnstoredDeliveries, EXDATA_CLOCK, ExdataLog],
    (...parts: [GroupCommit, WorkService, UnstoredDeliveries, Clock, ExdataLog]) => new DeliveryStore(...parts),
  ),
  make(
    InboxRetention,
    [EXDATA_DATA_SOURCE, ExdataTransactions, EXDATA_CLOCK, EXDATA_CONFIG, ExdataLog],
    (...[dataSource, transactions, clock, { webhook }, log]: [DataSource, ExdataTransactions, Clock, ExdataConfig, ExdataLog]) =>
      new InboxRetention(dataSource, transactions, clock, webhook, (error) =>
        log.warn('inbox.pruning_failed', {}, { error: errorName(error) }),
      ),
  ),
];
