import { expect } from '@jest/globals';

/** At most between two turns of the event loop: what a synchronous driver does with these takes some 20 ms. */
const most = { rows: 1_200, statements: 60 };

interface Statement {
  all: (...values: unknown[]) => unknown[];
  run: (...values: unknown[]) => { readonly changes: number };
}
interface Connection {
  prepare: (sql: string) => Statement;
}

/** What went through a synchronous driver in one turn of the event loop. */
export interface Turn {
  /** Read and written. */
  rows: number;
  readonly statements: string[];
}

const none = (): Turn => ({ rows: 0, statements: [] });

/**
 * Counts what a synchronous driver does between two turns of the event loop, whose length follows from it on any
 * machine: statements, and rows that they read or write. Give `prepareDatabase` to the connection.
 */
export class TurnWatch {
  #turn = none();
  #counting: NodeJS.Immediate | undefined;
  /** The turn with the most rows, and the one with the most statements, in the work watched last. */
  longest = { rows: none(), statements: none() };
  /** Rows of each statement that one execution of it touched at most. */
  readonly #widest = new Map<string, number>();

  constructor() {
    this.#count();
  }

  readonly prepareDatabase = (connection: Connection): void => {
    const prepare = connection.prepare.bind(connection);
    connection.prepare = (sql) => {
      const statement = prepare(sql);
      const [all, run] = [statement.all.bind(statement), statement.run.bind(statement)];
      statement.all = (...values) => {
        const found = all(...values);
        this.#add(sql, found.length);
        return found;
      };
      statement.run = (...values) => {
        const done = run(...values);
        this.#add(sql, done.changes);
        return done;
      };
      return statement;
    };
  };

  /** Most rows that one execution of such a statement has read or written. */
  widest(statement: RegExp): number {
    return Math.max(0, ...[...this.#widest].filter(([sql]) => statement.test(sql)).map(([, rows]) => rows));
  }

  /** Expects of `work` that it never keeps the event loop for more than {@link most}. */
  async staysShort(work: () => Promise<void>): Promise<void> {
    this.#forget();
    await work();
    const { rows, statements } = this.longest;
    expect(rows.rows <= most.rows ? [] : [rows.rows, ...rows.statements]).toEqual([]);
    expect(statements.statements.length <= most.statements ? [] : statements.statements).toEqual([]);
  }

  #forget(): void {
    this.#widest.clear();
    this.#turn = none();
    this.longest = { rows: none(), statements: none() };
  }

  stop(): void {
    clearImmediate(this.#counting);
  }

  #add(sql: string, rows: number): void {
    const turn = this.#turn;
    turn.rows += rows;
    this.#widest.set(sql, Math.max(rows, this.#widest.get(sql) ?? 0));
    turn.statements.push(`${String(rows)} rows: ${sql.slice(0, 160)}`);
    if (turn.rows > this.longest.rows.rows) this.longest.rows = turn;
    if (turn.statements.length > this.longest.statements.statements.length) this.longest.statements = turn;
  }

  #count(): void {
    this.#turn = none();
    this.#counting = setImmediate(() => this.#count());
  }
}
