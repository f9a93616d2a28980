import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { ExdataMode, ExdataTransactions } from '../../dispatch/index.js';
import { InboxTable } from '../../webhooks/index.js';
import type { InboxFault, InboxRow } from '../../webhooks/index.js';
import { codeOf } from '../transactions/index.js';
import { InboxColumns } from './inbox-columns.js';

const stored = z.array(z.object({ id: z.string() }));

/** What SQLite says of a row (SQLite docs: Result Codes). */
const ofRows = /^SQLITE_(?:CONSTRAINT|TOOBIG|MISMATCH)/;

/** One statement in a turn of its own on the one connection. */
export class SqliteInboxTable extends InboxTable {
  readonly atOnce = 1;
  readonly #columns: InboxColumns;

  constructor(
    dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
    mode: ExdataMode,
  ) {
    super();
    this.#columns = new InboxColumns(dataSource, mode);
  }

  async insert(rows: readonly InboxRow[]): Promise<ReadonlySet<string>> {
    const values = rows.flatMap((row) => this.#columns.valuesOf(row));
    const answer: unknown = await this.transactions.detached(() =>
      this.transactions.once((manager) => manager.query<unknown>(insertOf(this.#columns, rows.length), values)),
    );
    return new Set(stored.parse(answer).map(({ id }) => id));
  }

  faultOf(error: unknown): InboxFault {
    const code = codeOf(error) ?? 'unknown';
    return { code, isOfARow: ofRows.test(code) };
  }
}

function insertOf(columns: InboxColumns, rows: number): string {
  const { table, names, alikeValues, once, id } = columns;
  const tuple = `(${[...columns.storedOf(() => '?'), ...alikeValues].join(', ')})`;
  const tuples = Array.from({ length: rows }, () => tuple).join(', ');
  return `insert into ${table} (${names}) values ${tuples} on conflict (${once}) do nothing returning ${id} as id`;
}
