import type { DataSource, EntityManager } from 'typeorm';
import { EventRows, ExdataDocumentEvent } from '../../documents/index.js';
import type { NewEventRow } from '../../documents/index.js';
import { EntityNames } from '../entity-names.js';
import { PreparedStatement } from '../prepared-statement.js';
import { columnsOf } from '../rows/index.js';
import type { RowColumn } from '../rows/index.js';
import { ride } from '../transactions/rider.js';

/** What differs between the events of one moment. */
const own: readonly string[] = ['id', 'what', 'requestId', 'deliveryId', 'detail'] satisfies (keyof NewEventRow)[];

/**
 * Prepared once, however many events there are: each column of them comes as an array. Rides with the statement that
 * makes them true, if that is sent after it.
 */
export class PostgresEventRows extends EventRows {
  readonly #columns: readonly RowColumn[];
  readonly #textAfter: (parameters: number) => string;
  readonly #statement: PreparedStatement;

  constructor(dataSource: DataSource) {
    super();
    this.#columns = columnsOf(dataSource, ExdataDocumentEvent).filter(({ property }) => own.includes(property));
    const names = new EntityNames(dataSource, ExdataDocumentEvent);
    this.#textAfter = insertOf(names, this.#columns);
    this.#statement = new PreparedStatement(dataSource, 'history', this.#textAfter(0));
  }

  async insert(manager: EntityManager, linkId: string, rows: readonly NewEventRow[]): Promise<void> {
    const [first] = rows;
    if (!first) return;
    const arrays = this.#columns.map((column) => rows.map((row) => column.stored(column.in(row))));
    const values = [linkId, first.at, ...arrays];
    const send = (within: EntityManager): Promise<unknown> => this.#statement.runIn(within, values);
    await ride(manager, { textAfter: this.#textAfter, values, send });
  }
}

function insertOf(names: EntityNames, columns: readonly RowColumn[]): (parameters: number) => string {
  const { table } = names;
  const [linkId, position, at] = [names.column('linkId'), names.column('position'), names.column('at')];
  const given = columns.map(({ name }) => name).join(', ');
  return (before) => {
    const arrays = columns.map((_, index) => `$${before + 3 + index}::text[]`).join(', ');
    const link = `$${before + 1}::text`;
    return (
      `insert into ${table} (${linkId}, ${position}, ${at}, ${given}) ` +
      `select ${link}, (select count(*) from ${table} where ${linkId} = ${link}), $${before + 2}::bigint, ${given} ` +
      `from unnest(${arrays}) as given (${given})`
    );
  };
}
