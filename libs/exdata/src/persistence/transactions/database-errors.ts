import { z } from 'zod';

const said = z.object({ code: z.string(), sqlState: z.string().optional() });
/** An error of the driver's, as TypeORM wraps it or bare. */
const failed = z.union([z.object({ driverError: said }).transform(({ driverError }) => driverError), said]);

const deadlocks: readonly (string | undefined)[] = ['ER_LOCK_DEADLOCK', '40P01', '40001'];
const twins: readonly (string | undefined)[] = ['ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY'];

/** Whether the database broke the whole transaction off to free another one, so that it may be begun anew. */
export function isDeadlock(error: unknown): boolean {
  return deadlocks.includes(codeOf(error));
}

/** Whether a unique index of MySQL or SQLite turned a row away. */
export function isTwin(error: unknown): boolean {
  return twins.includes(codeOf(error));
}

/** The driver's code of a failed query; undefined for other errors. */
export function codeOf(error: unknown): string | undefined {
  return failed.safeParse(error).data?.code;
}

/** SQLSTATE of a query that MySQL or MariaDB refused; undefined for other errors. */
export function sqlStateOf(error: unknown): string | undefined {
  return failed.safeParse(error).data?.sqlState;
}

/** How often something is begun, when the database broke it off to free another one. */
const attempts = 5;

/** Begins it anew when the database broke it off to end a deadlock. */
export async function beginAnew<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !isDeadlock(error)) throw error;
    }
  }
}
