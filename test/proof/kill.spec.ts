import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '../until.js';
import { webhookSecret } from './host/settings.js';
import type { HostProcess, Row } from './host-process.js';
import { describeOnEachSetup } from './setups.js';
import type { SettingsOf } from './setups.js';
import { isUpload, leaseMs, patienceMs, Stage } from './stage.js';

const megabyte = 1_048_576;

describeOnEachSetup('SIGKILL', survives);

/** Processes stop with a document at each step of its upload, are killed, and another takes up what they left. */
function survives(settingsOf: SettingsOf): void {
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
    const start = (...stops: string[]): Promise<HostProcess> => stage.start({ ...settingsOf(stage), stops });

    const first = await start('after-the-commit');
    await first.submit('after-the-commit');
    await first.stopped('after-the-commit');
    await first.kill();

    const second = await start('before-the-send', 'in-the-bytes', 'after-the-answer', 'before-the-commit');
    sandbox.faults.request({ delayMs: 1 }, { match: isUpload });
    await second.submit('after-the-bytes');
    await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'delayed', { timeoutMs: patienceMs });
    for (const id of ['before-the-send', 'after-the-answer']) {
      await second.submit(id);
      await second.stopped(id);
    }
    await second.submit('in-the-bytes', megabyte);
    await second.stopped('in-the-bytes');
    await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'open', { timeoutMs: patienceMs });
    // Last: on SQLite nothing else commits while it is stopped.
    await second.submit('before-the-commit');
    await second.stopped('before-the-commit');
    await second.kill();
    stage.letGo();
    host = await stage.start({ ...settingsOf(stage), aheadMs: leaseMs });
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
    await until(async () => (await booked()).length >= rows.length);
    expect(await booked()).toEqual(rows.map(({ sourceId }) => sourceId).sort());
    expect(rows).toHaveLength(6);
    expect(stage.sandbox.documents.list()).toHaveLength(6);
  });
}
