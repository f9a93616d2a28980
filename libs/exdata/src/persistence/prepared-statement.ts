import { hash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { z } from 'zod';

/**
 * What is used of the pool of connections that `pg` gives TypeORM; under replication that of the server that is written
 * to.
 */
interface Pool {
  query: (query: {
    readonly name?: string;
    readonly text: string;
    readonly values: readonly unknown[];
  }) => Promise<unknown>;
}
const pooled = z.object({ master: z.custom<Pool>(takesBinary) });
const result = z.object({ rows: z.array(z.unknown()) });

const failed = z.object({ code: z.string() });

/**
 * What a pooler that hands connections on between statements makes of a prepared one: not there, there already, or made
 * for another table.
 */
const notPrepared = ['26000', '42P05', '0A000'];

/**
 * A statement for PostgreSQL that each connection prepares once. It goes to the pool itself: TypeORM's own way to a
 * connection, with its runners and events, costs twice what the insert of one row does.
 */
export class PreparedStatement {
  #name: string | null;

  /** @param purpose by which the server shows it */
  constructor(
    private readonly dataSource: DataSource,
    purpose: string,
    private readonly text: string,
  ) {
    this.#name = `exdata:${purpose}:${hash('sha256', text).slice(0, 16)}`;
  }

  /**
   * Resolves to the rows.
   *
   * @param plain the values where the driver takes no binary ones; default: the same
   */
  async run(values: () => readonly unknown[], plain = values): Promise<readonly unknown[]> {
    const { text } = this;
    const pool = pooled.safeParse(this.dataSource.driver).data?.master;
    if (!pool) return this.dataSource.query<unknown[]>(text, [...plain()]);
    try {
      const named = this.#name === null ? {} : { name: this.#name };
      return result.parse(await pool.query({ ...named, text, values: values() })).rows;
    } catch (error) {
      if (this.#name === null || !notPrepared.includes(failed.safeParse(error).data?.code ?? '')) throw error;
      this.#name = null;
      return this.run(values, plain);
    }
  }
}

/** `pg-native` has a pool too, and takes no binary parameters; its queries do not read the protocol themselves. */
function takesBinary(pool: unknown): pool is Pool {
  if (!has(pool, 'query') || typeof pool.query !== 'function' || !has(pool, 'Client')) return false;
  return (
    has(pool.Client, 'Query') &&
    has(pool.Client.Query, 'prototype') &&
    has(pool.Client.Query.prototype, 'handleDataRow')
  );
}

/** For classes too, which are no objects to zod. */
function has<Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> {
  return ((typeof value === 'object' && value !== null) || typeof value === 'function') && name in value;
}
