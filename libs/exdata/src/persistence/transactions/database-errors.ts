import { z } from 'zod';
import { NotPreparedError } from '../not-prepared.js';

const said = z.object({ code: z.string(), sqlState: z.string().optional() });
/** An error of the driver's, as TypeORM wraps it or bare. */
const failed = z.union([z.object({ driverError: said }).transform(({ driverError }) => driverError), said]);

const deadlocks: readonly (string | undefined)[] = ['ER_LOCK_DEADLOCK', '40P01', '40001'];
const twins: readonly (string | undefined)[] = [
  '23505',
  'ER_DUP_ENTRY',
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
];

/** Whether the database broke the whole transaction off to free another one, so that it may be begun anew. */
export function isDeadlock(error: unknown): boolean {
  return deadlocks.includes(codeOf(error));
}

/** Whether a unique index turned a row away. */
export function isTwin(error: unknown): boolean {
  return twins.includes(codeOf(error));
}

/**
 * SQLSTATEs of PostgreSQL, by their beginnings: no connection, too many of them, a start or an end, a replica, a full
 * disk, a wrong password.
 */
const awayStates = /^(08|28|57P0[123]|53[1-4]00|25006|3D000|58030)/;
/** Of Node.js, MySQL, MariaDB and SQLite. */
const awayCodes =
  /^(E(CONN(REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH)|PROTOCOL_(CONNECTION_LOST|SEQUENCE_TIMEOUT)|ER_(CON_COUNT_ERROR|TOO_MANY_USER_CONNECTIONS|SERVER_SHUTDOWN|CONNECTION_KILLED|NORMAL_SHUTDOWN|ACCESS_DENIED_ERROR|BAD_DB_ERROR|OPTION_PREVENTS_STATEMENT|READ_ONLY_MODE|DISK_FULL|RECORD_FILE_FULL|DISK_FULL_NOWAIT)|SQLITE_(CANTOPEN|FULL|READONLY|IOERR|BUSY|NOTADB|CORRUPT)\w*)$/;
/** What drivers and TypeORM say without a code. */
const awayTexts =
  /connection (terminated|ended|lost|error|is closed|is not open|is not established)|closed state|timeout exceeded when trying to connect|client was closed|pool (is closed|after calling end)|no connections available|not connected/i;

/** Whether the database cannot be reached, or takes no statements for now. */
export function isAway(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined && (awayStates.test(code) || awayCodes.test(code))) return true;
  return error instanceof Error && awayTexts.test(error.message);
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

/** Begins it anew when the database broke it off to end a deadlock, or a statement of it could not be prepared. */
export async function beginAnew<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !(isDeadlock(error) || error instanceof NotPreparedError)) throw error;
    }
  }
}
