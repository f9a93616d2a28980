/** The PostgreSQL that the receivers write to: a database for this run alone. */
import pg from 'pg';

const server = process.env.EXDATA_TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

export class Database {
  /**
   * @param {string} url
   * @param {string} name
   * @param {pg.Client} client
   */
  constructor(url, name, client) {
    this.url = url;
    this.name = name;
    this.client = client;
  }

  /**
   * Refuses a server that answers before its data is on the disk. @param {string} [kind] tells several of a run apart
   */
  static async create(kind = 'inbox') {
    const name = `exdata_bench_${process.pid}_${kind}`;
    await onServer(async (client) => {
      for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
        const { rows } = await client.query(`show ${setting}`);
        if (rows[0]?.[setting] !== 'on')
          throw new Error(`PostgreSQL runs with ${setting} = ${rows[0]?.[setting]}: what it takes may be lost`);
      }
      await client.query(`create database ${name}`);
    });
    const url = new URL(server);
    url.pathname = `/${name}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    return new Database(url.href, name, client);
  }

  /** Empties the inbox, and lets the server write what it has put off, so that each round begins alike. */
  async empty() {
    await this.client.query('truncate exdata_delivery');
    await this.settle();
  }

  async settle() {
    await this.client.query('checkpoint');
  }

  /** @returns {Promise<number>} */
  async rows() {
    const { rows } = await this.client.query('select count(*)::int as rows from exdata_delivery');
    return rows[0].rows;
  }

  /** Fills the inbox with deliveries of the past 30 days, worked off, without their bodies. @param {number} rows */
  async fill(rows) {
    await this.client.query(
      `insert into exdata_delivery (id, mode, account, delivery_id, event, sent_at, received_at, body_sha256, body, body_dropped, secret_id, outcome, exdata_id, fence, starts, finishes, failures)
       select gen_random_uuid(), 'test', 'default', gen_random_uuid(), 'document.completed', at, at, encode(sha256(n::text::bytea), 'hex'), '', true, 'current', 'applied', n::text, 2, 1, 1, 0
       from (select n, (extract(epoch from now()) * 1000 - (30 * 86400000.0 * ($1::int - n)) / $1::int)::bigint as at from generate_series(1, $1::int) n) past`,
      [rows],
    );
    await this.client.query('vacuum analyze exdata_delivery');
    await this.settle();
  }

  async drop() {
    await this.client.end();
    await onServer((client) => client.query(`drop database ${this.name} with (force)`));
  }
}

/** @param {(client: pg.Client) => Promise<unknown>} work */
async function onServer(work) {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
