import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { InboxTable } from '../../webhooks/index.js';
import type { BatchRow, InboxFault, InsertResult } from '../../webhooks/index.js';
import { beginAnew, codeOf } from '../transactions/index.js';
import { InboxColumns } from './inbox-columns.js';

const stored = z.array(z.object({ id: z.string(), conflicting: z.boolean() }));

const result = z.object({ rows: stored });

/** What is used of the pool of connections that `pg` gives TypeORM; under replication that of the server that is written to. */
interface Pool {
  query: (statement: string, values: readonly unknown[]) => Promise<unknown>;
}
const isPool = (value: unknown): value is Pool =>
  typeof value === 'object' && value !== null && 'query' in value && typeof value.query === 'function';
const pooled = z.object({ master: z.custom<Pool>(isPool) });

/** Classes of SQLSTATE that speak of a row: data exceptions, constraints, check options, limits of a row, what a trigger of the host raised (PostgreSQL docs: Error Codes). */
const classesOfRows = ['22', '23', '44', '54', 'P0'];

/** One statement a batch, whatever its size: each column comes as an array. */
export class PostgresInboxTable extends InboxTable {
  readonly atOnce = 1;
  readonly #columns: InboxColumns;
  readonly #statement: string;

  constructor(private readonly dataSource: DataSource) {
    super();
    this.#columns = new InboxColumns(dataSource);
    this.#statement = insertOf(this.#columns);
  }

  async insert(rows: readonly BatchRow[]): Promise<ReadonlyMap<string, InsertResult>> {
    const arrays = this.#columns.given.map(({ valueOf }) => rows.map(valueOf));
    const rowsStored = await beginAnew(() => this.#query(arrays));
    return new Map(rowsStored.map(({ id, conflicting }) => [id, conflicting ? 'conflicting-id' : 'fresh']));
  }

  faultOf(error: unknown): InboxFault {
    const code = codeOf(error) ?? 'unknown';
    return { code, isOfARow: classesOfRows.includes(code.slice(0, 2)) };
  }

  /** TypeORM's own way to a connection of the pool, with its runners and events, costs twice what the insert of one row does. */
  async #query(arrays: readonly unknown[][]): Promise<z.output<typeof stored>> {
    const pool = pooled.safeParse(this.dataSource.driver).data?.master;
    if (!pool) return stored.parse(await this.dataSource.query<unknown>(this.#statement, [...arrays]));
    return result.parse(await pool.query(this.#statement, arrays)).rows;
  }
}

function insertOf({ table, names, given, givenNames, alikeValues, ...columns }: InboxColumns): string {
  const { account, deliveryId, bodySha256, conflictingId, id } = columns;
  const same = (column: string): string => `other.${column} = given.${column}`;
  const other = `exists (select 1 from ${table} other where ${same(account)} and ${same(deliveryId)} and other.${bodySha256} <> given.${bodySha256})`;
  const values = givenNames.map((name) => (name === conflictingId ? `given.${name} or ${other}` : `given.${name}`));
  const arrays = given.map(({ type }, at) => `$${at + 1}::${type}[]`);
  return (
    `insert into ${table} (${names}) ` +
    `select ${[...values, ...alikeValues].join(', ')} from unnest(${arrays.join(', ')}) as given (${givenNames.join(', ')}) ` +
    `on conflict (${account}, ${deliveryId}, ${bodySha256}) do nothing returning ${id} as id, ${conflictingId} as conflicting`
  );
}
