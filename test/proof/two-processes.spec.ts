import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { describeWithPostgres } from '../services.js';
import { until } from '../until.js';
import type { HostProcess, Row } from './host-process.js';
import { isUpload, patienceMs, Stage } from './stage.js';

const noCredits = requestFaults.problem(402, 'insufficient_credits', 'No credits.');
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `document-${index}`);
const isHeld = ({ state, problem, work }: Row): boolean =>
  state === 'queued' && problem?.code === 'insufficient_credits' && work.dueAt === null && work.leaseUntil === null;
const isWaiting = (row: Row | undefined): boolean => row?.problem?.retryAt != null && row.work.leaseUntil === null;

interface Pair {
  readonly stage: Stage;
  readonly hosts: readonly [HostProcess, HostProcess];
  /** Submits documents, half of them in either process. */
  submit(ids: readonly string[]): Promise<void>;
  /** Releases the hold, and resolves to the rows once all are at exdata. */
  release(): Promise<Row[]>;
}

together(
  '[E3] send nothing more once exdata has answered 402: 0 requests until the hold is released, one alert, a new key after it',
  8,
  async (pair) => {
    const { stage, hosts } = pair;
    stage.sandbox.faults.request(noCredits, { match: isUpload, times: Infinity });
    await hosts[0].submit('first');
    await hosts[1].rowsAre(([row]) => row?.state === 'blocked');
    await pair.submit(names(40));
    await hosts[0].rowsAre((rows) => rows.length === 41 && rows.filter(isHeld).length === 40);
    expect(stage.uploads()).toHaveLength(1);
    await until(async () => (await hosts[0].pages()).length > 0);
    expect(await hosts[0].pages()).toEqual([{ kind: 'insufficient_credits', source: 'first' }]);

    const rows = await pair.release();
    expect(stage.sandbox.documents.list()).toHaveLength(41);
    expect(stage.uploads()).toHaveLength(42);
    expect(new Set(stage.uploads().map(({ idempotencyKey }) => idempotencyKey)).size).toBe(42);
    expect(
      rows.filter(({ sourceId }) => sourceId === 'first').map(({ generation, state }) => [generation, state]),
    ).toEqual([
      [1, 'blocked'],
      [2, 'pending'],
    ]);
  },
);

together(
  '[E3] in the rush: when 402 comes to all that is under way, each worker has sent one document, and sends no other',
  2,
  async (pair) => {
    const { stage, hosts } = pair;
    stage.sandbox.faults.request(noCredits, { match: isUpload, times: Infinity });
    await pair.submit(names(40));
    const rows = await hosts[0].rowsAre((all) => all.every((row) => row.state === 'blocked' || isHeld(row)));
    const blocked = rows.filter(({ state }) => state === 'blocked');
    expect(stage.uploads()).toHaveLength(blocked.length);
    expect(blocked.length).toBeLessThanOrEqual(4);
    await until(async () => (await hosts[0].pages()).length > 0);

    await pair.release();
    expect(stage.sandbox.documents.list()).toHaveLength(40);
    expect(await hosts[0].pages()).toHaveLength(1);
  },
);

together(
  '[E2] honour one 429: neither sends anything before its time, and waiting burns no attempt',
  8,
  async (pair) => {
    const { stage, hosts } = pair;
    stage.sandbox.faults.request(requestFaults.tooManyRequests(3_600), { match: isUpload });
    await hosts[0].submit('first');
    await hosts[1].rowsAre(([row]) => isWaiting(row));
    await pair.submit(names(20));
    const waiting = await hosts[1].rowsAre((rows) => rows.length === 21 && rows.every(isWaiting));
    expect(stage.uploads()).toHaveLength(1);
    expect(waiting.filter(({ work }) => work.failures > 0)).toEqual([]);

    for (const host of hosts) await host.skip(3_600_000);
    await hosts[0].rowsAre((rows) => rows.every(({ state }) => state === 'pending'));
    expect(stage.uploads()).toHaveLength(22);
    expect(stage.sandbox.documents.list()).toHaveLength(21);
  },
);

/** Two processes on a PostgreSQL database of their own. */
function together(name: string, concurrency: number, run: (pair: Pair) => Promise<void>): void {
  describeWithPostgres('two processes on one PostgreSQL', ({ url }) => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await Stage.set();
    }, patienceMs);
    afterAll(() => stage.clear());

    it(
      name,
      async () => {
        const settings = { database: { type: 'postgres', url }, leaseMs: 30_000, concurrency } as const;
        const hosts = [await stage.start(settings), await stage.start(settings)] as const;
        await run({
          stage,
          hosts,
          submit: async (ids) => {
            await Promise.all(ids.map((id, index) => hosts[index % 2 === 0 ? 0 : 1].submit(id)));
          },
          release: async () => {
            stage.sandbox.faults.clear();
            const blocked = (await hosts[0].rows()).filter(({ state }) => state === 'blocked').length;
            const before = (await hosts[0].rows()).length;
            await hosts[1].release();
            return hosts[0].rowsAre(
              (rows) =>
                rows.length === before + blocked && rows.filter(({ state }) => state === 'pending').length === before,
            );
          },
        });
      },
      patienceMs,
    );
  });
}
