import { FindOperator } from 'typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { EntityNames } from '../entity-names.js';
import { PreparedStatement } from '../prepared-statement.js';
import type { StatementResult } from '../prepared-statement.js';
import { takeRider } from '../transactions/rider.js';
import { columnsOf, rowsOf } from './row-column.js';
import type { RowColumn } from './row-column.js';

/** A part of a statement, and the values for its parameters. */
interface Part {
  readonly text: string;
  readonly values: readonly unknown[];
}

interface Given {
  readonly columns: readonly RowColumn[];
  readonly places: readonly string[];
  readonly values: readonly unknown[];
}

/**
 * Statements over single rows of one entity on PostgreSQL. Their text is made once for each set of columns, and
 * prepared: TypeORM's builders take longer to write a statement than the driver takes to send it.
 */
export class EntityRows<Row extends object> {
  readonly #columns: readonly RowColumn[];
  readonly #selected: readonly RowColumn[];
  readonly #names: EntityNames;
  readonly #statements = new Map<string, PreparedStatement>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly entity: new () => Row,
  ) {
    this.#columns = columnsOf(dataSource, entity);
    this.#selected = this.#columns.filter(({ isSelected }) => isSelected);
    this.#names = new EntityNames(dataSource, entity);
  }

  /** Whether `where` says no more than what is read here: values, and lists of them. */
  finds(where: object): boolean {
    const values = this.#columns.map((column) => column.in(where)).filter((value) => value !== undefined);
    return values.length > 0 && values.every((value) => isPlain(value) || listIn(value) !== undefined);
  }

  /** The first row that `where` finds; with `lock`, held against other writers. */
  async find(manager: EntityManager, where: object, lock: boolean): Promise<Row | null> {
    const found = this.#condition(where, 0);
    const text = `select ${this.#read()} from ${this.#names.table} where ${found.text} limit 1`;
    return this.#first(await this.#send(manager, lock ? `${text} for update` : text, found.values));
  }

  /** Inserts the row unless its twin is there; resolves to whether it did. */
  async insert(manager: EntityManager, row: object): Promise<boolean> {
    const { columns, places, values } = this.#given(row);
    const names = columns.map(({ name }) => name).join(', ');
    const text = `insert into ${this.#names.table} (${names}) values (${places.join(', ')}) on conflict do nothing`;
    return (await this.#write(manager, text, values)).rowCount === 1;
  }

  /** Writes columns of the rows that `where` finds: values, or SQL over the columns beside them. */
  async update(manager: EntityManager, where: object, columns: object): Promise<number> {
    const set = this.#assignments(columns);
    const found = this.#condition(where, set.values.length);
    const text = `update ${this.#names.table} set ${set.text} where ${found.text}`;
    return (await this.#write(manager, text, [...set.values, ...found.values])).rowCount ?? 0;
  }

  async delete(manager: EntityManager, where: object): Promise<number> {
    const found = this.#condition(where, 0);
    const text = `delete from ${this.#names.table} where ${found.text}`;
    return (await this.#write(manager, text, found.values)).rowCount ?? 0;
  }

  /** As {@link update}, of a row that is due and free; resolves to the row as it stands then. */
  async lease(manager: EntityManager, where: object, columns: object, now: number): Promise<Row | null> {
    const set = this.#assignments(columns);
    const found = this.#condition(where, set.values.length);
    const [due, lease] = [this.#names.column('work.dueAt'), this.#names.column('work.leaseUntil')];
    const at = `$${set.values.length + found.values.length + 1}`;
    const text =
      `update ${this.#names.table} set ${set.text} where ${found.text} ` +
      `and ${due} <= ${at} and (${lease} is null or ${lease} <= ${at}) returning ${this.#read()}`;
    return this.#first(await this.#send(manager, text, [...set.values, ...found.values, now]));
  }

  #assignments(given: object): Part {
    const { columns, places, values } = this.#given(given);
    return { text: columns.map(({ name }, at) => `${name} = ${places[at] ?? ''}`).join(', '), values };
  }

  /** The columns that the object tells, and what is to stand in them: parameters for its values, or its SQL. */
  #given(object: object): Given {
    const [columns, places, values]: [RowColumn[], string[], unknown[]] = [[], [], []];
    for (const column of this.#columns) {
      const value = column.in(object);
      if (value === undefined) continue;
      columns.push(column);
      if (isSql(value)) places.push(this.#expression(value()));
      else places.push(`$${values.push(column.stored(value))}`);
    }
    return { columns, places, values };
  }

  /** @param before how many parameters stand before those of the condition */
  #condition(where: object, before: number): Part {
    const values: unknown[] = [];
    const texts: string[] = [];
    for (const column of this.#columns) {
      const value = column.in(where);
      if (value === undefined) continue;
      const list = listIn(value);
      const place = `$${before + values.push(list ?? column.stored(value))}`;
      texts.push(list ? `${column.name} = any(${place})` : `${column.name} = ${place}`);
    }
    return { text: texts.join(' and '), values };
  }

  /** SQL in which columns go by the names of their properties. */
  #expression(sql: string): string {
    return sql.replaceAll(/\w+/g, (word) => this.#columns.find(({ property }) => property === word)?.name ?? word);
  }

  #read(): string {
    return this.#selected.map(({ name }) => name).join(', ');
  }

  #first({ rows }: StatementResult): Row | null {
    return rowsOf(this.entity, this.#selected, rows)[0] ?? null;
  }

  /** Sends it with what rides along. */
  #write(manager: EntityManager, text: string, values: readonly unknown[]): Promise<StatementResult> {
    const rider = takeRider(manager);
    if (!rider) return this.#send(manager, text, values);
    const both = `with rider as (${rider.textAfter(values.length)}) ${text}`;
    return this.#send(manager, both, [...values, ...rider.values]);
  }

  #send(manager: EntityManager, text: string, values: readonly unknown[]): Promise<StatementResult> {
    let statement = this.#statements.get(text);
    if (!statement) this.#statements.set(text, (statement = new PreparedStatement(this.dataSource, 'row', text)));
    return statement.runIn(manager, values);
  }
}

/** The values of `In`; undefined for anything else. */
function listIn(value: unknown): readonly unknown[] | undefined {
  if (!(value instanceof FindOperator) || value.type !== 'in') return undefined;
  const list: unknown = value.value;
  return Array.isArray(list) ? list : undefined;
}

/** TypeORM's way to write SQL in the place of a value. */
function isSql(value: unknown): value is () => string {
  return typeof value === 'function';
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
