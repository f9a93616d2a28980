import type { DataSource } from 'typeorm';
import type { ExdataTransactions } from '../../dispatch/index.js';
import type { InboxTable } from '../../webhooks/index.js';
import { isMysql } from '../mysql.js';
import { MysqlInboxTable } from './mysql.inbox-table.js';
import { PostgresInboxTable } from './postgres.inbox-table.js';
import { SqliteInboxTable } from './sqlite.inbox-table.js';

/** The inbox's table on the host's database. */
export function inboxTableFor(dataSource: DataSource, transactions: ExdataTransactions): InboxTable {
  if (isMysql(dataSource)) return new MysqlInboxTable(dataSource);
  return dataSource.options.type === 'better-sqlite3' ? new SqliteInboxTable(dataSource, transactions) : new PostgresInboxTable(dataSource);
}
