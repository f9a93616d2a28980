import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { ExdataMode } from '../../dispatch/index.js';
import { InboxTable } from '../../webhooks/index.js';
import type { InboxFault, InboxRow } from '../../webhooks/index.js';
import { PreparedStatement } from '../prepared-statement.js';
import { beginAnew, codeOf } from '../transactions/index.js';
import { binaryArrays } from './binary-array.js';
import { InboxColumns } from './inbox-columns.js';

/** The ids of the rows that are new; null where all are, which spares it to be told each. */
const answer = z.tuple([z.object({ fresh: z.array(z.string()).nullable() })]);

/**
 * Classes of SQLSTATE that speak of a row: data exceptions, constraints, check options, limits of a row, what a trigger
 * of the host raised (PostgreSQL docs: Error Codes).
 */
const classesOfRows = ['22', '23', '44', '54', 'P0'];

/**
 * One statement a batch, whatever its size: each column comes as an array. It is prepared once for a connection, which
 * halves what a row costs the server.
 */
export class PostgresInboxTable extends InboxTable {
  readonly atOnce = 1;
  readonly #columns: InboxColumns;
  readonly #statement: PreparedStatement;

  constructor(dataSource: DataSource, mode: ExdataMode) {
    super();
    this.#columns = new InboxColumns(dataSource, mode);
    this.#statement = new PreparedStatement(dataSource, 'inbox', insertOf(this.#columns));
  }

  async insert(rows: readonly InboxRow[]): Promise<ReadonlySet<string>> {
    const binary = (): readonly Buffer[] =>
      binaryArrays(this.#columns.given.map(({ type, valueOf }) => ({ type, values: rows.map(valueOf) })));
    const text = (): readonly unknown[] => this.#columns.textArraysOf(rows);
    const [{ fresh }] = answer.parse(await beginAnew(() => this.#statement.run(binary, text)));
    return new Set(fresh ?? rows.map(({ id }) => id));
  }

  faultOf(error: unknown): InboxFault {
    const code = codeOf(error) ?? 'unknown';
    return { code, isOfARow: classesOfRows.includes(code.slice(0, 2)) };
  }
}

function insertOf(columns: InboxColumns): string {
  const { table, names, given, givenNames, alikeValues, once, id } = columns;
  const storedOf = columns.storedOf((at) => `given.${givenNames[at] ?? ''}`);
  const arrays = given.map(({ type }, at) => `$${at + 1}::${type}[]`);
  return (
    `with stored as (insert into ${table} (${names}) select ${[...storedOf, ...alikeValues].join(', ')} ` +
    `from unnest(${arrays.join(', ')}) as given (${givenNames.join(', ')}) ` +
    `on conflict (${once}) do nothing returning ${id} as id) ` +
    `select case when count(*) < cardinality($1) then coalesce(array_agg(id::text), '{}') end as fresh from stored`
  );
}
