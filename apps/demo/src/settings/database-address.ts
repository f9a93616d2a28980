import { userInfo } from 'node:os';
import path from 'node:path';

/** Which database, and where. */
export type DatabaseAddress =
  | { readonly kind: 'sqlite'; /** An absolute path. */ readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'mariadb'; readonly url: string };

/**
 * Reads `DATABASE_URL`: `sqlite:<path>` (relative to the working directory), `postgres://…`, or `mysql://…` for MariaDB
 * and MySQL.
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
      return URL.canParse(url)
        ? { kind: 'mariadb', url: url.replace(/^[a-z]+:/i, 'mysql:') }
        : 'is no valid mysql:// address';
    default:
      return 'must begin with sqlite:, postgres:// or mysql://';
  }
}

/**
 * As psql does (PostgreSQL docs: libpq, `user`): whoever is not named is PGUSER or the user of the operating system.
 */
function withUser(url: URL): string {
  url.username ||= process.env.PGUSER ?? userInfo().username;
  return url.href;
}
