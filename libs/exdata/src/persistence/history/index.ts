import type { DataSource } from 'typeorm';
import type { EventRows } from '../../documents/index.js';
import { EventRowsInAnyDatabase } from './any.event-rows.js';
import { PostgresEventRows } from './postgres.event-rows.js';

/** The rows of documents' histories on the host's database. */
export function eventRowsIn(dataSource: DataSource): EventRows {
  return dataSource.options.type === 'postgres' ? new PostgresEventRows(dataSource) : new EventRowsInAnyDatabase();
}
