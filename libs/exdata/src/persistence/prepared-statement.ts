import { hash } from 'node:crypto';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { z } from 'zod';
import { NotPreparedError } from './not-prepared.js';
import { isFenced } from './transactions/fenced-runners.js';

/** What came of a statement. */
export interface StatementResult {
  readonly rows: readonly unknown[];
  /** How many it read or wrote. */
  readonly rowCount: number | null;
}

/** What is used of a client of `pg`, or of its pool. */
interface Sender {
  query: (query: {
    readonly name?: string;
    readonly text: string;
    readonly values: readonly unknown[];
  }) => Promise<StatementResult>;
}

/** Where TypeORM keeps the pool; under replication that of the server that is written to. */
const pooled = z.object({ master: z.custom<Sender>(takesBinary) });
const sender = z.custom<Sender>((value) => has(value, 'query') && typeof value.query === 'function');
/** As TypeORM answers where it is asked for more than rows. */
const structured = z.object({ records: z.array(z.unknown()).default([]), affected: z.number().nullish() });
const failed = z.object({ code: z.string() });

/**
 * What a pooler that hands connections on between statements makes of a prepared one: not there, there already, or made
 * for another table.
 */
const notPrepared = ['26000', '42P05', '0A000'];

/** Drivers whose connections keep nothing prepared: what one statement finds out holds for all. */
const keepNothing = new WeakSet();

/**
 * A statement for PostgreSQL that each connection prepares once. It goes to the driver itself: TypeORM's own way to a
 * connection, with its runners and events, costs twice what the insert of one row does.
 */
export class PreparedStatement {
  readonly #name: string;
  readonly #pool: Sender | undefined;

  /** @param purpose by which the server shows it */
  constructor(
    private readonly dataSource: DataSource,
    purpose: string,
    private readonly text: string,
  ) {
    this.#name = `exdata:${purpose}:${hash('sha256', text).slice(0, 16)}`;
    this.#pool = pooled.safeParse(dataSource.driver).data?.master;
  }

  /**
   * Sends it by itself; resolves to the rows.
   *
   * @param plain the values where the driver takes no binary ones; default: the same
   */
  async run(values: () => readonly unknown[], plain = values): Promise<readonly unknown[]> {
    const pool = this.#pool;
    if (!pool) return this.dataSource.query<unknown[]>(this.text, [...plain()]);
    return (await this.#again(() => this.#send(pool, values()))).rows;
  }

  /**
   * Sends it in the manager's transaction, or by itself where the manager has none.
   *
   * @throws {NotPreparedError} in a transaction, which is to be begun anew: from now on nothing is prepared
   */
  async runIn({ queryRunner }: EntityManager, values: readonly unknown[]): Promise<StatementResult> {
    const pool = this.#pool;
    if (queryRunner) return this.#runOver(queryRunner, values);
    if (pool) return this.#again(() => this.#send(pool, values));
    const runner = this.dataSource.createQueryRunner('master');
    try {
      return await this.#runPlainly(runner, values);
    } finally {
      await runner.release();
    }
  }

  async #runOver(runner: QueryRunner, values: readonly unknown[]): Promise<StatementResult> {
    // A handler is not to be called again for a name; and what is cut off goes through the fence.
    if (!this.#pool || isFenced(runner) || runner.isReleased) return this.#runPlainly(runner, values);
    this.dataSource.logger.logQuery(this.text, undefined, runner);
    return this.#send(sender.parse(await runner.connect()), values);
  }

  async #runPlainly(runner: QueryRunner, values: readonly unknown[]): Promise<StatementResult> {
    const answer = structured.parse(await runner.query(this.text, [...values], true));
    return { rows: answer.records, rowCount: answer.affected ?? null };
  }

  async #send(to: Sender, values: readonly unknown[]): Promise<StatementResult> {
    const { text } = this;
    const isNamed = !keepNothing.has(this.dataSource.driver);
    try {
      return await to.query(isNamed ? { name: this.#name, text, values } : { text, values });
    } catch (error) {
      if (!isNamed || !notPrepared.includes(failed.safeParse(error).data?.code ?? '')) throw error;
      keepNothing.add(this.dataSource.driver);
      throw new NotPreparedError(error);
    }
  }

  async #again(send: () => Promise<StatementResult>): Promise<StatementResult> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof NotPreparedError) return send();
      throw error;
    }
  }
}

/** `pg-native` has a pool too, and takes no binary parameters; its queries do not read the protocol themselves. */
function takesBinary(pool: unknown): pool is Sender {
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
