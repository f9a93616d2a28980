import { hash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { InboxTable } from '../../webhooks/index.js';
import type { InboxFault, InboxRow } from '../../webhooks/index.js';
import { beginAnew, codeOf } from '../transactions/index.js';
import { binaryArrays } from './binary-array.js';
import { InboxColumns } from './inbox-columns.js';

/** The ids of the rows that are new; null where all are, which spares it to be told each. */
const answer = z.tuple([z.object({ fresh: z.array(z.string()).nullable() })]);

/** What is used of the pool of connections that `pg` gives TypeORM; under replication that of the server that is written to. */
interface Pool {
  query: (query: { readonly name?: string; readonly text: string; readonly values: readonly Buffer[] }) => Promise<unknown>;
}
const pooled = z.object({ master: z.custom<Pool>(takesBinary) });
const result = z.object({ rows: answer });

const failed = z.object({ code: z.string() });

/** Classes of SQLSTATE that speak of a row: data exceptions, constraints, check options, limits of a row, what a trigger of the host raised (PostgreSQL docs: Error Codes). */
const classesOfRows = ['22', '23', '44', '54', 'P0'];

/** What a pooler that hands connections on between statements makes of a prepared one: not there, there already, or made for another table. */
const notPrepared = ['26000', '42P05', '0A000'];

/** One statement a batch, whatever its size: each column comes as an array. It is prepared once for a connection, which halves what a row costs the server. */
export class PostgresInboxTable extends InboxTable {
  readonly atOnce = 1;
  readonly #columns: InboxColumns;
  readonly #statement: string;
  #name: string | null;

  constructor(private readonly dataSource: DataSource) {
    super();
    this.#columns = new InboxColumns(dataSource);
    this.#statement = insertOf(this.#columns);
    this.#name = `exdata:inbox:${hash('sha256', this.#statement).slice(0, 16)}`;
  }

  async insert(rows: readonly InboxRow[]): Promise<ReadonlySet<string>> {
    const [{ fresh }] = await beginAnew(() => this.#query(rows));
    return new Set(fresh ?? rows.map(({ id }) => id));
  }

  faultOf(error: unknown): InboxFault {
    const code = codeOf(error) ?? 'unknown';
    return { code, isOfARow: classesOfRows.includes(code.slice(0, 2)) };
  }

  /** TypeORM's own way to a connection of the pool, with its runners and events, costs twice what the insert of one row does. */
  async #query(rows: readonly InboxRow[]): Promise<z.output<typeof answer>> {
    const pool = pooled.safeParse(this.dataSource.driver).data?.master;
    const text = this.#statement;
    if (!pool) return answer.parse(await this.dataSource.query<unknown>(text, this.#columns.textArraysOf(rows)));
    const values = binaryArrays(this.#columns.given.map(({ type, valueOf }) => ({ type, values: rows.map(valueOf) })));
    try {
      return result.parse(await pool.query({ ...(this.#name !== null && { name: this.#name }), text, values })).rows;
    } catch (error) {
      if (this.#name === null || !notPrepared.includes(stateOf(error))) throw error;
      this.#name = null;
      return this.#query(rows);
    }
  }
}

/** `pg-native` has a pool too, and takes no binary parameters; its queries do not read the protocol themselves. */
function takesBinary(pool: unknown): pool is Pool {
  if (!has(pool, 'query') || typeof pool.query !== 'function' || !has(pool, 'Client')) return false;
  return has(pool.Client, 'Query') && has(pool.Client.Query, 'prototype') && has(pool.Client.Query.prototype, 'handleDataRow');
}

/** For classes too, which are no objects to zod. */
function has<Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> {
  return ((typeof value === 'object' && value !== null) || typeof value === 'function') && name in value;
}

function stateOf(error: unknown): string {
  return failed.safeParse(error).data?.code ?? '';
}

function insertOf({ table, names, given, givenNames, alikeValues, account, deliveryId, bodySha256, id }: InboxColumns): string {
  const arrays = given.map(({ type }, at) => `$${at + 1}::${type}[]`);
  return (
    `with stored as (insert into ${table} (${names}) select ${[...givenNames.map((name) => `given.${name}`), ...alikeValues].join(', ')} ` +
    `from unnest(${arrays.join(', ')}) as given (${givenNames.join(', ')}) ` +
    `on conflict (${account}, ${deliveryId}, ${bodySha256}) do nothing returning ${id} as id) ` +
    `select case when count(*) < cardinality($1) then coalesce(array_agg(id::text), '{}') end as fresh from stored`
  );
}
