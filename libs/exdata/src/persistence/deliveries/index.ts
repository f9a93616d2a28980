import type { DataSource } from 'typeorm';
import type { ExdataTransactions } from '../../dispatch/index.js';
import type { DeliveryLooks } from '../../webhooks/index.js';
import { DeliveryLooksInAnyDatabase } from './any.delivery-looks.js';
import { PostgresDeliveryLooks } from './postgres.delivery-looks.js';

/** What is asked of the inbox for each delivery, on the host's database. */
export function deliveryLooksIn(dataSource: DataSource, transactions: ExdataTransactions): DeliveryLooks {
  return dataSource.options.type === 'postgres'
    ? new PostgresDeliveryLooks(dataSource)
    : new DeliveryLooksInAnyDatabase(dataSource, transactions);
}
