import pg from 'pg';

export interface StatementCounts {
  readonly statements: number;
  readonly transactions: number;
}

/**
 * What an application sends to PostgreSQL, written down where it leaves: at the driver's client, whether TypeORM sends
 * it or the module itself. Hand {@link Client} to TypeORM as `extra: { Client }`.
 */
export class Statements {
  readonly texts: string[] = [];
  readonly Client: typeof pg.Client;

  constructor() {
    const { texts } = this;
    const send = pg.Client.prototype.query as (this: pg.Client, ...given: unknown[]) => unknown;
    class WatchedClient extends pg.Client {}
    Object.defineProperty(WatchedClient.prototype, 'query', {
      value(this: pg.Client, ...given: unknown[]): unknown {
        texts.push(textOf(given[0]));
        return send.apply(this, given);
      },
    });
    this.Client = WatchedClient;
  }
}

export function countsOf(texts: readonly string[]): StatementCounts {
  return {
    statements: texts.length,
    transactions: texts.filter((text) => /^(start transaction|begin)\b/i.test(text)).length,
  };
}

/**
 * One line each, with its number, cut to what tells it from others: the columns of a read are many, and tell nothing.
 */
export function listed(texts: readonly string[]): string[] {
  return texts.map((text, at) => {
    const line = text.replaceAll(/\s+/g, ' ').replace(/^SELECT "(\w+)"\."\w+" AS .*? FROM /, 'SELECT $1.* FROM ');
    return `${String(at + 1).padStart(3)} ${line.slice(0, 180)}`;
  });
}

/** `Client.query` takes a text, or an object that has one. */
function textOf(given: unknown): string {
  if (typeof given === 'string') return given;
  if (typeof given === 'object' && given !== null && 'text' in given && typeof given.text === 'string')
    return given.text;
  throw new Error('a query without a text: it cannot be told what it is');
}
