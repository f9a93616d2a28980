import type { DataSource, EntityManager } from 'typeorm';
import { EventRows, ExdataDocumentEvent } from '../../documents/index.js';
import type { NewEventRow } from '../../documents/index.js';
import { EntityNames } from '../entity-names.js';
import { PreparedStatement } from '../prepared-statement.js';
import { columnsOf } from '../rows/index.js';
import type { RowColumn } from '../rows/index.js';

/** What differs between the events of one moment. */
const own: readonly string[] = ['id', 'what', 'requestId', 'deliveryId', 'detail'] satisfies (keyof NewEventRow)[];

/** Prepared once, however many events there are: each column of them comes as an array. */
export class PostgresEventRows extends EventRows {
  readonly #columns: readonly RowColumn[];
  readonly #statement: PreparedStatement;

  constructor(dataSource: DataSource) {
    super();
    this.#columns = columnsOf(dataSource, ExdataDocumentEvent).filter(({ property }) => own.includes(property));
    const names = new EntityNames(dataSource, ExdataDocumentEvent);
    const { table } = names;
    const [linkId, position, at] = [names.column('linkId'), names.column('position'), names.column('at')];
    const given = this.#columns.map(({ name }) => name).join(', ');
    const arrays = this.#columns.map((_, index) => `$${index + 3}::text[]`).join(', ');
    this.#statement = new PreparedStatement(
      dataSource,
      'history',
      `insert into ${table} (${linkId}, ${position}, ${at}, ${given}) ` +
        `select $1::text, (select count(*) from ${table} where ${linkId} = $1::text), $2::bigint, ${given} ` +
        `from unnest(${arrays}) as given (${given})`,
    );
  }

  async insert(manager: EntityManager, linkId: string, rows: readonly NewEventRow[]): Promise<void> {
    const [first] = rows;
    if (!first) return;
    const arrays = this.#columns.map((column) => rows.map((row) => column.stored(column.in(row))));
    await this.#statement.runIn(manager, [linkId, first.at, ...arrays]);
  }
}
