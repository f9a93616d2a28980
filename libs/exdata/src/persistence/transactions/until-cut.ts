import type { EntityManager, QueryRunner } from 'typeorm';
import { dataSourceOf } from '../data-source-of.js';
import { markFenced } from './fenced-runners.js';

/** Sent through a transaction that was cut off. */
class TransactionCutError extends Error {
  override readonly name = 'TransactionCutError';
  constructor() {
    super('the transaction was cut off and rolled back; nothing more can be written in it');
  }
}

/**
 * Runs `work` until it ends or `cut` aborts, with a manager that is of no use any more afterwards. `breakOff` ends the
 * connection where `cut` finds a statement under way: the rollback would wait for it.
 */
export async function untilCut<T>(
  cut: AbortSignal,
  manager: EntityManager,
  work: (manager: EntityManager) => Promise<T>,
  breakOff?: (runner: QueryRunner) => Promise<void>,
): Promise<T> {
  cut.throwIfAborted();
  let stop = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    stop = () => reject(cut.reason as Error);
    cut.addEventListener('abort', stop, { once: true });
  });
  const fenced = fence(manager, over);
  try {
    // Handlers may be written to return at once and throw at once.
    return await Promise.race([Promise.resolve(fenced.manager).then(work), over]);
  } catch (error) {
    if (cut.aborted && fenced.isSending()) await breakOff?.(fenced.runner);
    throw error;
  } finally {
    fenced.close();
    cut.removeEventListener('abort', stop);
  }
}

/**
 * A manager of the same transaction that can be closed. A query runner that is released refuses by itself, but SQLite
 * has only one, which the next transaction uses too. What is being sent when the transaction is `over` fails then.
 */
function fence(manager: EntityManager, over: Promise<never>): Fence {
  const { queryRunner } = manager;
  if (!queryRunner) throw new Error('a manager without a query runner is in no transaction');
  let open = true;
  let sending = 0;
  const runner = Object.create(queryRunner) as QueryRunner;
  runner.query = (...statement: unknown[]) => {
    if (!open) return Promise.reject(new TransactionCutError());
    sending++;
    const sent = queryRunner.query(...(statement as Parameters<QueryRunner['query']>)).finally(() => sending--);
    return Promise.race([sent, over]);
  };
  markFenced(runner);
  const own = dataSourceOf(manager).createEntityManager(runner);
  Object.assign(runner, { manager: own });
  return {
    manager: own,
    runner: queryRunner,
    isSending: () => sending > 0,
    close: () => {
      open = false;
    },
  };
}

interface Fence {
  readonly manager: EntityManager;
  readonly runner: QueryRunner;
  readonly isSending: () => boolean;
  readonly close: () => void;
}
