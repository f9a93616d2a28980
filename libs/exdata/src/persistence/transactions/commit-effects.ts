import type { EntityManager, QueryRunner } from 'typeorm';

type Effect = () => void;

/**
 * Under which a query runner keeps what its transaction does once it has committed. Runners that are derived from it
 * find it too.
 */
const pending = Symbol('exdata: after the commit');

interface Marked extends QueryRunner {
  [pending]?: Effect[] | undefined;
}

/** Keeps what is to happen after the commit of a manager's transaction, or at once where it has none of ours. */
export function afterCommit({ queryRunner }: EntityManager, effect: Effect): void {
  const effects = (queryRunner as Marked | undefined)?.[pending];
  if (effects) effects.push(effect);
  else effect();
}

/**
 * Runs one attempt at a transaction, and after its commit what was kept for then. What an attempt kept that failed is
 * forgotten.
 */
export async function withEffects<T>(
  transaction: (work: (manager: EntityManager) => Promise<T>) => Promise<T>,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const effects: Effect[] = [];
  const result = await transaction(async (manager) => {
    const runner = manager.queryRunner as Marked | undefined;
    if (!runner) return work(manager);
    runner[pending] = effects;
    try {
      return await work(manager);
    } finally {
      // SQLite has one runner for all transactions.
      runner[pending] = undefined;
    }
  });
  for (const effect of effects) effect();
  return result;
}

/** Runs a part of a transaction that may be rolled back by itself. */
export async function inSavepoint<T>(outer: EntityManager, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  const effects = (outer.queryRunner as Marked | undefined)?.[pending];
  const before = effects?.length ?? 0;
  try {
    return await outer.transaction(work);
  } catch (error) {
    effects?.splice(before);
    throw error;
  }
}
