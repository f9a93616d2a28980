import type { DataSource } from 'typeorm';
import type { ExdataTransactions } from '../../dispatch/index.js';
import { PooledTransactions } from './pooled.transactions.js';
import { SingleConnectionTransactions } from './single-connection.transactions.js';

/** The transactions that fit the host's database. */
export function transactionsFor(dataSource: DataSource): ExdataTransactions {
  return dataSource.options.type === 'better-sqlite3' ? new SingleConnectionTransactions(dataSource) : new PooledTransactions(dataSource);
}
