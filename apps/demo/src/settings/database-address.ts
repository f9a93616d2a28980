import { userInfo } from 'node:os';
import path from 'node:path';

/** Which database, and where. */
export type DatabaseAddress =
  { readonly kind: 'sqlite'; /** An absolute path. */ readonly file: string } | { readonly kind: 'postgres'; readonly url: string };

/**
 * Reads `DATABASE_URL`: `sqlite:<path>` (relative to the working directory) or `postgres://…`.
 * @returns the address, or a fault in words without the value, which may hold a password
 */
export function parseDatabaseAddress(url: string): DatabaseAddress | string {
  const [, scheme, rest] = /^([a-z]+):(.*)$/is.exec(url) ?? [];
  switch (scheme?.toLowerCase()) {
    case 'sqlite':
      return rest ? { kind: 'sqlite', file: path.resolve(rest) } : 'names no file, as in sqlite:./data/demo.sqlite';
    case 'postgres':
    case 'postgresql':
      return URL.canParse(url) ? { kind: 'postgres', url: withUser(new URL(url)) } : 'is no valid postgres:// address';
    case 'mysql':
    case 'mariadb':
      return 'names MySQL or MariaDB, which this version of the demo does not support yet; use sqlite: or postgres://';
    default:
      return 'must begin with sqlite: or postgres://';
  }
}

/** As psql does (PostgreSQL docs: libpq, `user`): whoever is not named is PGUSER or the user of the operating system. */
function withUser(url: URL): string {
  url.username ||= process.env.PGUSER ?? userInfo().username;
  return url.href;
}
