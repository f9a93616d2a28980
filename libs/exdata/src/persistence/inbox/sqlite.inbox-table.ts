import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { ExdataTransactions } from '../../dispatch/index.js';
import { InboxTable } from '../../webhooks/index.js';
import type { BatchRow, InboxFault, InsertResult } from '../../webhooks/index.js';
import { codeOf } from '../transactions/index.js';
import { InboxColumns } from './inbox-columns.js';

const stored = z.array(z.object({ id: z.string(), conflicting: z.number() }));

/** What SQLite says of a row (SQLite docs: Result Codes). */
const ofRows = /^SQLITE_(?:CONSTRAINT|TOOBIG|MISMATCH)/;

/** One statement in a turn of its own on the one connection. */
export class SqliteInboxTable extends InboxTable {
  readonly atOnce = 1;
  readonly #columns: InboxColumns;

  constructor(
    dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
  ) {
    super();
    this.#columns = new InboxColumns(dataSource);
  }

  async insert(rows: readonly BatchRow[]): Promise<ReadonlyMap<string, InsertResult>> {
    const statement = insertOf(this.#columns, rows.length);
    const values = rows.flatMap((row) => this.#columns.valuesOf(row)).map((value) => (typeof value === 'boolean' ? Number(value) : value));
    const answer: unknown = await this.transactions.detached(() =>
      this.transactions.run((manager) => manager.query<unknown>(statement, values)),
    );
    return new Map(stored.parse(answer).map(({ id, conflicting }) => [id, conflicting ? 'conflicting-id' : 'fresh']));
  }

  faultOf(error: unknown): InboxFault {
    const code = codeOf(error) ?? 'unknown';
    return { code, isOfARow: ofRows.test(code) };
  }
}

function insertOf({ table, names, givenNames, alikeValues, ...columns }: InboxColumns, rows: number): string {
  const { account, deliveryId, bodySha256, conflictingId, id } = columns;
  const place = (column: string): string => `given.column${givenNames.indexOf(column) + 1}`;
  const same = (column: string): string => `other.${column} = ${place(column)}`;
  const other = `exists (select 1 from ${table} other where ${same(account)} and ${same(deliveryId)} and other.${bodySha256} <> ${place(bodySha256)})`;
  const values = givenNames.map((name) => (name === conflictingId ? `${place(name)} or ${other}` : place(name)));
  const tuple = `(${givenNames.map(() => '?').join(', ')})`;
  return (
    `insert into ${table} (${names}) ` +
    `select ${[...values, ...alikeValues].join(', ')} from (values ${Array.from({ length: rows }, () => tuple).join(', ')}) given ` +
    // SQLite would take `on` for that of a join.
    `where true on conflict (${account}, ${deliveryId}, ${bodySha256}) do nothing returning ${id} as id, ${conflictingId} as conflicting`
  );
}
