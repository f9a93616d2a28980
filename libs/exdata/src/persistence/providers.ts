import type { Provider } from '@nestjs/common';
import { ExdataConfigurationError } from '../api/index.js';
import { EXDATA_DATA_SOURCE, EXDATA_MODE, ExdataTransactions } from '../dispatch/index.js';
import { provide } from '../injection/index.js';
import { EventRows } from '../documents/index.js';
import { DeliveryLooks, InboxTable, LinkedDocuments } from '../webhooks/index.js';
import { deliveryLooksIn } from './deliveries/index.js';
import { eventRowsIn } from './history/index.js';
import { inboxTableFor, linkedDocumentsIn } from './inbox/index.js';
import { unknownEntities } from './start-check/index.js';
import { transactionsFor } from './transactions/index.js';

/** What depends on the kind of database. */
export const persistenceProviders: Provider[] = [
  provide(ExdataTransactions, [EXDATA_DATA_SOURCE], (dataSource) => {
    // The first to ask for a table would fail with a word of TypeORM's that names neither ours nor the fix.
    const lack = unknownEntities(dataSource);
    if (lack !== null) throw new ExdataConfigurationError(`ExdataModule cannot use the database: ${lack}`);
    return transactionsFor(dataSource);
  }),
  // After the check of what the DataSource knows.
  provide(EventRows, [EXDATA_DATA_SOURCE, ExdataTransactions], (dataSource) => eventRowsIn(dataSource)),
  provide(DeliveryLooks, [EXDATA_DATA_SOURCE, ExdataTransactions], deliveryLooksIn),
  provide(InboxTable, [EXDATA_DATA_SOURCE, ExdataTransactions, EXDATA_MODE], inboxTableFor),
  provide(LinkedDocuments, [EXDATA_DATA_SOURCE, EXDATA_MODE], linkedDocumentsIn),
];
