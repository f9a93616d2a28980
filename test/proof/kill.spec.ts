import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeWithPostgres, describeWithRedisProgram, TestRedis } from '../services.js';
import { webhookSecret } from './host/settings.js';
import type { HostSettings } from './host/settings.js';
import type { HostProcess, Row } from './host-process.js';
import { isUpload, patienceMs, Stage } from './stage.js';

const megabyte = 1_048_576;

describe('SIGKILL on SQLite, in process', () => survives((stage) => ({ database: stage.sqlite })));

describeWithRedisProgram('SIGKILL', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.start();
  });
  afterAll(() => redis.stop());

  for (const dispatch of ['bull', 'bullmq'] as const)
    describeWithPostgres(`on PostgreSQL, over ${dispatch}`, ({ url }) => {
      survives(() => ({ database: { type: 'postgres', url }, dispatch, redisUrl: `redis://127.0.0.1:${redis.port}` }));
    });
});

/** One process stops with a document at each step of its upload, is killed, and another takes up what it left. */
function survives(settingsOf: (stage: Stage) => Partial<HostSettings>): void {
  let stage: Stage;
  let host: HostProcess;
  let rows: Row[];

  const rowOf = (id: string): Row => {
    const row = rows.find(({ sourceId }) => sourceId === id);
    if (!row) throw new Error(`${id} has no row`);
    return row;
  };

  beforeAll(async () => {
    stage = await Stage.set();
    const { sandbox } = stage;
    const killed = await stage.start({ ...settingsOf(stage), stops: true, leaseMs: 3_000 });
    sandbox.faults.request({ delayMs: 1 }, { match: isUpload });
    await killed.submit('after-the-bytes');
    await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'delayed', { timeoutMs: patienceMs });
    for (const id of ['before-the-send', 'after-the-answer', 'after-the-commit']) {
      await killed.submit(id);
      await killed.stopped(id);
    }
    await killed.submit('in-the-bytes', megabyte);
    await killed.stopped('in-the-bytes');
    await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'open');
    // Last: on SQLite nothing else commits while it is stopped.
    await killed.submit('before-the-commit');
    await killed.stopped('before-the-commit');
    await killed.kill();
    stage.letGo();
    host = await stage.start(settingsOf(stage));
    sandbox.webhooks.addEndpoint({ url: host.webhookUrl, secret: webhookSecret });
    rows = await host.rowsAre((all) => all.every(({ state }) => state === 'pending'));
  }, patienceMs);
  afterAll(() => stage.clear());

  it.each([
    ['before-the-send', 'once'],
    ['in-the-bytes', 'again'],
    ['after-the-bytes', 'again'],
    ['after-the-answer', 'again'],
    ['before-the-commit', 'again'],
    ['after-the-commit', 'once'],
  ])('[U1 U2] %s: one document at exdata, sent %s, and the right row', (id, sent) => {
    const row = rowOf(id);
    const [document, ...others] = stage.documentsOf(row);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ generation: 1, state: 'pending', exdataId: String(document?.id), problem: null });
    expect(document?.file.size).toBe(id === 'in-the-bytes' ? megabyte : 100);
    expect(stage.uploads(row).length > 1 ? 'again' : 'once').toBe(sent);
  });

  it('[U1] each document is billed once when exdata has read it', async () => {
    for (const { id } of stage.sandbox.documents.list()) await stage.sandbox.documents.finish(id);
    rows = await host.rowsAre((all) => all.every(({ state, work }) => state === 'completed' && work.dueAt === null));
    const booked = async (): Promise<string[]> => (await host.bills()).map(({ invoice }) => invoice).sort();
    while ((await booked()).length < rows.length);
    expect(await booked()).toEqual(rows.map(({ sourceId }) => sourceId).sort());
    expect(rows).toHaveLength(6);
    expect(stage.sandbox.documents.list()).toHaveLength(6);
  });
}
