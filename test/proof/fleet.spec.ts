import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '../until.js';
import { webhookSecret } from './host/settings.js';
import type { HostProcess } from './host-process.js';
import { describeOnEachDispatcher } from './setups.js';
import type { SettingsOf } from './setups.js';
import { patienceMs, Stage } from './stage.js';

type Handlers = ('bills' | 'archive' | 'journal')[];

describeOnEachDispatcher('processes with different handlers', (settingsOf) => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = new Fleet(await Stage.set(), settingsOf);
  }, patienceMs);
  afterAll(() => fleet.stage.clear());

  it(
    'call each handler once for each document, whichever process saw it end, and in whichever order they are rolled out',
    async () => {
      // The old version alone, without the handlers of the new one.
      const old = await fleet.start('bills');
      await fleet.complete(old, 'old-1', 'old-2', 'old-3');
      await fleet.has(old, ['old-1', 'old-2', 'old-3'], ['completed']);

      // The new version is registered first, and the old one still sees what ends.
      const young = await fleet.start('bills', 'archive', 'journal');
      await fleet.complete(old, 'both-1', 'both-2', 'both-3');
      const known = ['old-1', 'old-2', 'old-3', 'both-1', 'both-2', 'both-3'];
      await fleet.has(young, known, ['archived', 'completed', 'noted']);
      await old.kill();
      await young.kill();

      // Processes that only serve: what ends there waits for those that work.
      const [api, other] = [await fleet.start(), await fleet.start()];
      await fleet.complete(api, 'api-1', 'api-2', 'api-3');
      expect((await api.bills()).filter(({ invoice }) => invoice.startsWith('api'))).toEqual([]);
      const worker = await fleet.start('bills', 'archive', 'journal');
      await fleet.has(worker, ['api-1', 'api-2', 'api-3'], ['archived', 'completed', 'noted']);

      // All of them together: most dispatches over a queue are taken by processes that cannot do the work.
      const many = Array.from({ length: 20 }, (_, index) => `all-${index}`);
      await fleet.complete(other, ...many);
      await fleet.has(worker, many, ['archived', 'completed', 'noted']);
      expect((await worker.bills()).length).toBe(3 * 29);
      expect(await worker.pages()).toEqual([]);
    },
    patienceMs,
  );
});

/** Processes of one application on one database. */
class Fleet {
  readonly #numbers = new Map<string, string>();

  constructor(
    readonly stage: Stage,
    private readonly settingsOf: SettingsOf,
  ) {}

  start(...handlers: Handlers): Promise<HostProcess> {
    return this.stage.start({ ...this.settingsOf(this.stage), handlers, pollMs: 60_000 });
  }

  /**
   * Has documents submitted in the process and, once they are pending, ended at exdata, which tells that process;
   * resolves once it is written.
   */
  async complete(host: HostProcess, ...ids: string[]): Promise<void> {
    const { webhooks, documents } = this.stage.sandbox;
    const { id: endpoint } = webhooks.addEndpoint({ url: host.webhookUrl, secret: webhookSecret });
    for (const id of ids) await host.submit(id);
    const isOne = ({ sourceId }: { sourceId: string }): boolean => ids.includes(sourceId);
    const rows = await host.rowsAre((all) => all.filter(isOne).every(({ state }) => state === 'pending'));
    for (const { sourceId, exdataId } of rows.filter(isOne)) {
      this.#numbers.set(exdataId ?? '', sourceId);
      await documents.finish(Number(exdataId));
    }
    await host.rowsAre((all) => all.filter(isOne).every(({ state }) => state === 'completed'));
    webhooks.removeEndpoint(endpoint);
  }

  /** Resolves once each of the documents has these entries; rejects where one has another, or one of them twice. */
  async has(host: HostProcess, ids: readonly string[], entries: readonly string[]): Promise<void> {
    await until(async () => {
      const bills = await host.bills();
      const of = (id: string): string[] =>
        bills.filter(({ invoice }) => (this.#numbers.get(invoice) ?? invoice) === id).map(({ status }) => status);
      const lacking = ids.filter((id) => of(id).length < entries.length);
      if (lacking.length > 0) return false;
      for (const id of ids) expect([id, of(id).sort()]).toEqual([id, [...entries]]);
      return true;
    });
  }
}
