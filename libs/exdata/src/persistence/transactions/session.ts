import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { z } from 'zod';

/** How a database says which session a connection has, and ends one from another connection. */
export interface SessionStatements {
  readonly which: string;
  readonly end: string;
}

const named = z.tuple([z.object({ id: z.coerce.number() })]);

/** What the database holds for one connection. */
export class Session {
  #id: number | undefined;
  #isBroken = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly statements: SessionStatements,
  ) {}

  /** Learns which session it is, through the manager of its transaction. */
  async learn(manager: EntityManager): Promise<void> {
    this.#id = undefined;
    const rows: unknown = await manager.query(this.statements.which);
    this.#id = named.parse(rows)[0].id;
  }

  /**
   * Ends the connection from here, so that nothing waits for its statement any more. It does not go back to the pool.
   */
  async breakOff(runner: QueryRunner): Promise<void> {
    this.#isBroken = true;
    const connection: unknown = await runner.connect();
    if (can(connection, 'destroy')) connection.destroy();
    // That of PostgreSQL ends at once where a statement is under way.
    else if (can(connection, 'end')) void Promise.resolve(connection.end()).catch(() => undefined);
  }

  /**
   * Ends in the database what was broken off here: it notices a closed connection only when its statement is done, and
   * would hold the statement's locks until then. Never rejects: a session that is not found has ended.
   */
  async endThere(): Promise<void> {
    if (!this.#isBroken || this.#id === undefined) return;
    await this.dataSource.query(this.statements.end, [this.#id]).catch(() => undefined);
  }
}

function can<Name extends string>(connection: unknown, name: Name): connection is Record<Name, () => unknown> {
  return (
    typeof connection === 'object' &&
    connection !== null &&
    name in connection &&
    typeof Reflect.get(connection, name) === 'function'
  );
}
