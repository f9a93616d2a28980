import type { INestApplication } from '@nestjs/common';
import { ExdataAccounts, ExdataLink } from 'nestjs-exdata';
import type { ExdataCallOptions } from 'nestjs-exdata/api';
import { DataSource } from 'typeorm';
import type { EntityManager, QueryRunner } from 'typeorm';
import { stop } from './stop.js';

type Query = (sql: string, parameters?: unknown[], runner?: QueryRunner) => Promise<unknown>;
type Work = (manager: EntityManager) => Promise<unknown>;

/** Deliveries and documents that bear the name of a step are stopped at it, for the process to be killed there. */
export function installDeliveryStops(app: INestApplication, names: readonly string[]): void {
  const stops = new DeliveryStops(app.get(DataSource), new Set(names));
  stops.stopAtReads(app.get(ExdataAccounts).get().api.documents);
  stops.stopAtStatements();
  stops.stopAtPool();
  stops.stopAtCommits();
}

interface Reads {
  get(id: string, options?: ExdataCallOptions): Promise<unknown>;
}

class DeliveryStops {
  /** Steps whose commit is what the process stops after. */
  readonly #committing = new Set<string>();

  constructor(
    private readonly database: DataSource,
    private readonly names: ReadonlySet<string>,
  ) {}

  /** The read that confirms a delivery is the first thing that is done under its claim. */
  stopAtReads(documents: Reads): void {
    const get = documents.get.bind(documents);
    Object.assign(documents, {
      get: async (exdataId: string, options?: ExdataCallOptions) => {
        const row = await this.database.manager.findOneBy(ExdataLink, { exdataId });
        if (row) await this.#stopAt('after-the-claim', row.sourceId);
        return get(exdataId, options);
      },
    });
  }

  stopAtStatements(): void {
    const query = this.database.query.bind(this.database) as Query;
    const stopping: Query = async (sql, parameters = [], runner) => {
      const into = /^insert into \W?(?:\w+\W+)?(exdata_delivery|bills)\b/i.exec(sql)?.[1];
      const text = `${sql} ${JSON.stringify(parameters)}`;
      const run = (): Promise<unknown> => query(sql, parameters, runner);
      return into === 'exdata_delivery'
        ? this.#storing(text, run, runner)
        : into === 'bills'
          ? this.#booking(text, run)
          : run();
    };
    Object.assign(this.database, { query: stopping });
  }

  /** On PostgreSQL the inbox goes to the pool itself, with parameters in binary. */
  stopAtPool(): void {
    const pool: unknown = Reflect.get(this.database.driver, 'master');
    if (!isPool(pool)) return;
    const query = pool.query.bind(pool);
    Object.assign(pool, {
      query: (statement: Statement) => {
        const run = (): Promise<unknown> => query(statement);
        return statement.text.startsWith('with stored as')
          ? this.#storing(String(statement.values), run, undefined)
          : run();
      },
    });
  }

  stopAtCommits(): void {
    const transaction = this.database.transaction.bind(this.database);
    Object.assign(this.database, {
      transaction: async (work: Work) => {
        const result = await transaction(async (manager) => {
          const done = await work(manager);
          if (this.#committing.has('before-the-handler-commits')) await stop('before-the-handler-commits');
          return done;
        });
        for (const step of this.#committing) await stop(step);
        return result;
      },
    });
  }

  async #storing(text: string, run: () => Promise<unknown>, runner: QueryRunner | undefined): Promise<unknown> {
    await this.#stopAt('before-the-insert', text);
    const running = run();
    await this.#stopAt('in-the-insert', text);
    const result = await running;
    if (runner?.isTransactionActive) this.#commits('after-the-insert', text);
    else await this.#stopAt('after-the-insert', text);
    return result;
  }

  async #booking(text: string, run: () => Promise<unknown>): Promise<unknown> {
    await this.#stopAt('before-its-write', text);
    const result = await run();
    await this.#stopAt('after-its-write', text);
    for (const step of ['before-the-handler-commits', 'after-the-handler-commits']) this.#commits(step, text);
    return result;
  }

  async #stopAt(step: string, text: string): Promise<void> {
    if (this.names.has(step) && text.includes(step)) await stop(step);
  }

  #commits(step: string, text: string): void {
    if (this.names.has(step) && text.includes(step)) this.#committing.add(step);
  }
}

interface Statement {
  readonly text: string;
  readonly values: readonly Buffer[];
}

interface Pool {
  query(statement: Statement): Promise<unknown>;
}

function isPool(pool: unknown): pool is Pool {
  return typeof pool === 'object' && pool !== null && 'query' in pool && typeof pool.query === 'function';
}
