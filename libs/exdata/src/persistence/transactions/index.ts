import type { DataSource } from 'typeorm';
import type { ExdataTransactions } from '../../dispatch/index.js';
import { isMysql } from '../mysql.js';
import { MysqlTransactions } from './mysql.transactions.js';
import { PostgresTransactions } from './postgres.transactions.js';
import { SingleConnectionTransactions } from './single-connection.transactions.js';

export { beginAnew, codeOf, sqlStateOf } from './database-errors.js';

/** The transactions that fit the host's database. */
export function transactionsFor(dataSource: DataSource): ExdataTransactions {
  if (isMysql(dataSource)) return new MysqlTransactions(dataSource);
  return dataSource.options.type === 'better-sqlite3'
    ? new SingleConnectionTransactions(dataSource)
    : new PostgresTransactions(dataSource);
}
