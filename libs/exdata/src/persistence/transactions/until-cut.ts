import type { EntityManager, QueryRunner } from 'typeorm';
import { cutOff } from '../../dispatch/index.js';
import { dataSourceOf } from '../data-source-of.js';

/** Sent through a transaction that was cut off. */
class TransactionCutError extends Error {
  override readonly name = 'TransactionCutError';
  constructor() {
    super('the transaction was cut off and rolled back; nothing more can be written in it');
  }
}

/** Runs `work` until it ends or `cut` aborts, with a manager that is of no use any more afterwards. */
export async function untilCut<T>(cut: AbortSignal, manager: EntityManager, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  cut.throwIfAborted();
  const fenced = fence(manager);
  try {
    return await cutOff(cut, () => work(fenced.manager));
  } finally {
    fenced.close();
  }
}

/**
 * A manager of the same transaction that can be closed. A query runner that is released refuses by itself, but SQLite has only one, which the
 * next transaction uses too.
 */
function fence(manager: EntityManager): { readonly manager: EntityManager; close(): void } {
  const { queryRunner } = manager;
  if (!queryRunner) throw new Error('a manager without a query runner is in no transaction');
  let open = true;
  const runner = Object.create(queryRunner) as QueryRunner;
  runner.query = (...statement: unknown[]) => {
    if (!open) return Promise.reject(new TransactionCutError());
    return queryRunner.query(...(statement as Parameters<QueryRunner['query']>));
  };
  const own = dataSourceOf(manager).createEntityManager(runner);
  Object.assign(runner, { manager: own });
  return {
    manager: own,
    close: () => {
      open = false;
    },
  };
}
