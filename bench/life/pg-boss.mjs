/**
 * What a team writes by hand on pg-boss: an upload job, a row for each webhook, a job that fetches the document, and an
 * insert. Jobs are sent in the transaction that makes them due, and their workers are told at once instead of polling,
 * as its documentation advises.
 */
import { randomUUID } from 'node:crypto';
import PgBoss from 'pg-boss';
import { answer, settings } from './answers.mjs';
import { DocumentLine } from './documents.mjs';
import { bills, listen, pool, read, spool, transaction, upload } from './peer.mjs';

/** Rows of one batch of a worker, which works them at once; and workers of each queue. */
const [batchSize, workers] = [8, 2];
const retry = { retryLimit: 10, retryDelay: 1, retryBackoff: true };

await pool.query(`
  create table documents (
    id uuid primary key, source varchar(100) not null unique, filename text not null, state varchar(20) not null,
    exdata_id varchar(40) unique, created_at timestamptz not null default now());
  create table webhooks (
    delivery_id varchar(100) primary key, event varchar(100) not null, body text not null,
    received_at timestamptz not null default now(), handled_at timestamptz);`);

const boss = new PgBoss({ connectionString: settings().databaseUrl, max: 10 });
boss.on('error', (/** @type {Error} */ error) => console.error(error));
await boss.start();

/** @type {Record<string, string[]>} */
const workersOf = { upload: [], fetch: [] };

/**
 * Sends the job in the transaction of the row that it is for. @param {import('pg').PoolClient} client @param {'upload'
 * | 'fetch'} queue @param {string} id
 */
function send(client, queue, id) {
  const db = {
    executeSql: (/** @type {string} */ text, /** @type {unknown[]} */ values) => client.query(text, values),
  };
  return boss.send(queue, { id }, { ...retry, db });
}

/** @param {'upload' | 'fetch'} queue */
function wake(queue) {
  for (const worker of workersOf[queue] ?? []) boss.notifyWorker(worker);
}

/** @param {'upload' | 'fetch'} queue @param {(id: string) => Promise<void>} work */
async function work(queue, work) {
  await boss.createQueue(queue);
  const options = { batchSize, pollingIntervalSeconds: 0.5 };
  const all = (/** @type {readonly { data: { id: string } }[]} */ jobs) =>
    Promise.all(jobs.map(({ data }) => work(data.id)));
  for (let worker = 0; worker < workers; worker++) workersOf[queue]?.push(await boss.work(queue, options, all));
}

/** @param {import('./documents.mjs').SentDocument} document */
async function submit({ id: source, file, filename }) {
  const id = randomUUID();
  await spool.write(id, file);
  await transaction(async (client) => {
    const insert = `insert into documents (id, source, filename, state) values ($1, $2, $3, 'queued') on conflict (source) do nothing`;
    const { rowCount } = await client.query(insert, [id, source, filename]);
    if (rowCount === 1) await send(client, 'upload', id);
  });
  wake('upload');
}

await work('upload', async (id) => {
  const { rows } = await pool.query(`select filename from documents where id = $1 and state = 'queued'`, [id]);
  // A webhook may have come first, and the job may come twice.
  if (rows.length === 0) return;
  const exdataId = await upload({ id, filename: rows[0].filename, file: await spool.read(id) });
  await pool.query(`update documents set exdata_id = $2, state = 'pending' where id = $1 and state = 'queued'`, [
    id,
    exdataId,
  ]);
  await spool.erase(id);
});

await work('fetch', async (deliveryId) => {
  const { rows } = await pool.query('select body from webhooks where delivery_id = $1 and handled_at is null', [
    deliveryId,
  ]);
  if (rows.length === 0) return;
  const exdataId = String(JSON.parse(rows[0].body).data.id);
  const { status, requester, gross } = await read(exdataId);
  const handled = await transaction(async (client) => {
    const update = `update documents set state = $2, exdata_id = $3 where id = $1 and state in ('queued', 'pending') returning source`;
    const { rows: moved } = await client.query(update, [requester, status, exdataId]);
    if (moved.length > 0 && status === 'completed')
      await client.query('insert into bill (document, gross) values ($1, $2)', [moved[0].source, gross]);
    await client.query('update webhooks set handled_at = now() where delivery_id = $1', [deliveryId]);
    return moved[0]?.source;
  });
  if (handled) line.handled(handled);
});

const web = await listen(async ({ deliveryId, event, body }) => {
  await transaction(async (client) => {
    const insert = 'insert into webhooks (delivery_id, event, body) values ($1, $2, $3) on conflict do nothing';
    const { rowCount } = await client.query(insert, [deliveryId, event, body]);
    if (rowCount === 1) await send(client, 'fetch', deliveryId);
  });
  wake('fetch');
});

const line = new DocumentLine(submit);
answer({ webhookUrl: () => web.url, live: (size) => line.live(size), bills }, async () => {
  await web.close();
  await boss.stop({ graceful: false });
  await pool.end();
});
