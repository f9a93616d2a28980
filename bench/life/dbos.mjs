/**
 * The same five steps as a workflow of DBOS, which writes down each: its id is the document's and the idempotency key,
 * a webhook is a message to it under the delivery's id, so that it counts once, and steps that are repeated do no harm,
 * as its documentation advises.
 */
import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { answer, settings } from './answers.mjs';
import { DocumentLine } from './documents.mjs';
import { bills, listen, pool, read, spool, transaction, upload } from './peer.mjs';

const topic = 'webhook';
const retried = { retriesAllowed: true, maxAttempts: 10 };

await pool.query(`
  create table documents (
    id uuid primary key, source varchar(100) not null unique, filename text not null, state varchar(20) not null,
    exdata_id varchar(40) unique, created_at timestamptz not null default now())`);

/** @param {string} id @param {string} source @param {string} filename */
async function live(id, source, filename) {
  const uploaded = await DBOS.runStep(async () => upload({ id, filename, file: await spool.read(id) }), {
    name: 'upload',
    ...retried,
  });
  const message = await DBOS.recv(topic, { timeoutSeconds: 86_400 });
  if (message === null) throw new Error('exdata never told of the document');
  const seen = await DBOS.runStep(() => read(uploaded), { name: 'fetch', ...retried });
  await DBOS.runStep(() => book(id, source, uploaded, seen), { name: 'insert', ...retried });
  line.handled(source);
}

/** @param {string} id @param {string} source @param {string} exdataId @param {Awaited<ReturnType<typeof read>>} seen */
async function book(id, source, exdataId, { status, gross }) {
  await transaction(async (client) => {
    await client.query('update documents set state = $2, exdata_id = $3 where id = $1', [id, status, exdataId]);
    const insert = 'insert into bill (document, gross) values ($1, $2) on conflict do nothing';
    if (status === 'completed') await client.query(insert, [source, gross]);
  });
  await spool.erase(id);
}

const workflow = DBOS.registerWorkflow(live, { name: 'live' });
DBOS.setConfig({ name: 'bench', systemDatabaseUrl: settings().databaseUrl, logLevel: 'error' });
await DBOS.launch();

/** @param {import('./documents.mjs').SentDocument} document */
async function submit({ id: source, file, filename }) {
  const id = randomUUID();
  await spool.write(id, file);
  const insert = `insert into documents (id, source, filename, state) values ($1, $2, $3, 'queued') on conflict (source) do nothing`;
  const { rowCount } = await pool.query(insert, [id, source, filename]);
  if (rowCount === 1) await DBOS.startWorkflow(workflow, { workflowID: id })(id, source, filename);
}

const web = await listen(async ({ deliveryId, body }) => {
  const { data } = JSON.parse(body);
  await DBOS.send(data.requester, { exdataId: String(data.id) }, topic, deliveryId);
});

const line = new DocumentLine(submit);
answer({ webhookUrl: () => web.url, live: (size) => line.live(size), bills }, async () => {
  await web.close();
  await DBOS.shutdown();
  await pool.end();
});
