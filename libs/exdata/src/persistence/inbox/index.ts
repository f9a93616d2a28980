import type { DataSource } from 'typeorm';
import type { ExdataMode, ExdataTransactions } from '../../dispatch/index.js';
import type { InboxTable } from '../../webhooks/index.js';
import { isMysql } from '../mysql.js';
import { MysqlInboxTable } from './mysql.inbox-table.js';
import { PostgresInboxTable } from './postgres.inbox-table.js';
import { SqliteInboxTable } from './sqlite.inbox-table.js';

/** The inbox's table on the host's database, for the deliveries of one mode. */
export function inboxTableFor(dataSource: DataSource, transactions: ExdataTransactions, mode: ExdataMode): InboxTable {
  if (isMysql(dataSource)) return new MysqlInboxTable(dataSource, mode);
  if (dataSource.options.type === 'better-sqlite3') return new SqliteInboxTable(dataSource, transactions, mode);
  return new PostgresInboxTable(dataSource, mode);
}

export { linkedDocumentsIn } from './linked-documents.js';
