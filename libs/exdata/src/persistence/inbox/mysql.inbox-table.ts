import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { ExdataMode } from '../../dispatch/index.js';
import { InboxTable } from '../../webhooks/index.js';
import type { InboxFault, InboxRow } from '../../webhooks/index.js';
import { beginAnew, codeOf, sqlStateOf } from '../transactions/index.js';
import { InboxColumns } from './inbox-columns.js';

const stored = z.array(z.object({ id: z.string() }));

/**
 * Classes of SQLSTATE that speak of a row: data exceptions, constraints, check options, what a trigger of the host
 * raised.
 */
const classesOfRows = ['22', '23', '44', '45'];
/**
 * Errors that speak of a row under a SQLSTATE that does not (MariaDB docs: Error Codes; MySQL docs: Server Error
 * Message Reference).
 */
const ofRows = ['ER_CHECK_CONSTRAINT_VIOLATED', 'ER_NET_PACKET_TOO_LARGE', 'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD'];

/**
 * MySQL and MariaDB share no insert that says which of its rows are new, so they are asked for afterwards; by then
 * those are committed. `insert ignore` would also pass over, or cut to size, what is wrong in other ways than by being
 * there.
 */
export class MysqlInboxTable extends InboxTable {
  readonly atOnce = 1;
  readonly #columns: InboxColumns;

  constructor(
    private readonly dataSource: DataSource,
    mode: ExdataMode,
  ) {
    super();
    this.#columns = new InboxColumns(dataSource, mode);
  }

  async insert(rows: readonly InboxRow[]): Promise<ReadonlySet<string>> {
    const { table, names, alikeValues, id } = this.#columns;
    const tuple = `(${[...this.#columns.storedOf(() => '?'), ...alikeValues].join(', ')})`;
    const tuples = rows.map(() => tuple).join(', ');
    const values = rows.flatMap((row) => this.#columns.valuesOf(row));
    await beginAnew(() =>
      this.dataSource.query(
        `insert into ${table} (${names}) values ${tuples} on duplicate key update ${id} = ${table}.${id}`,
        values,
      ),
    );
    const places = rows.map(() => '?').join(', ');
    const found = await this.dataSource.query<unknown>(
      `select ${id} as id from ${table} where ${id} in (${places})`,
      rows.map((row) => row.id),
    );
    return new Set(stored.parse(found).map((row) => row.id));
  }

  faultOf(error: unknown): InboxFault {
    const code = codeOf(error) ?? 'unknown';
    return { code, isOfARow: classesOfRows.includes(sqlStateOf(error)?.slice(0, 2) ?? '') || ofRows.includes(code) };
  }
}
