import { z } from 'zod';

/** What an error has that says where it comes from: a system's, a driver's, or one wrapped around it. */
const wrapped = z.object({
  code: z.unknown().optional(),
  driverError: z.unknown().optional(),
  cause: z.unknown().optional(),
});
const isCode = /^[A-Z0-9_]{2,40}$/;

/** No room: of file systems, SQLite, PostgreSQL (disk_full), MySQL and MariaDB. */
const full = [
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  'SQLITE_FULL',
  '53100',
  'ER_DISK_FULL',
  'ER_DISK_FULL_NOWAIT',
  'ER_RECORD_FILE_FULL',
];
const inWords: Readonly<Record<string, string>> = {
  ...Object.fromEntries(full.map((code) => [code, 'it has no room left'])),
  EDQUOT: 'it holds all that it may, by upload.spoolBytes or a quota',
  EROFS: 'it can only be read',
  SQLITE_READONLY: 'it can only be read',
  EACCES: 'this process may not write to it',
  EPERM: 'this process may not write to it',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the system has too many files open',
};

/** Why a spool could not take a file, as far as its error tells. */
export interface SpoolFault {
  readonly code: 'spool_full' | 'spool_failed';
  /** With the system's own code, for a person. */
  readonly why: string;
}

/** Reads the fault from what a spool failed with, ours or a host's. No path and no statement of it is repeated. */
export function spoolFaultOf(error: unknown): SpoolFault {
  const found = systemCodeOf(error);
  if (found === undefined) return { code: 'spool_failed', why: 'for a reason without a code' };
  const words = inWords[found];
  return {
    code: full.includes(found) ? 'spool_full' : 'spool_failed',
    why: words === undefined ? found : `${words} (${found})`,
  };
}

/** The first code found in the error, in its driver's, or in one that caused it. */
export function systemCodeOf(error: unknown): string | undefined {
  let at = error;
  for (let depth = 0; depth < 5; depth++) {
    const { data } = wrapped.safeParse(at);
    if (data === undefined) return undefined;
    if (typeof data.code === 'string' && isCode.test(data.code)) return data.code;
    at = data.driverError ?? data.cause;
  }
  return undefined;
}
