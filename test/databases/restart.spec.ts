import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWithPostgresProgram, PostgresServer } from '../postgres-server.js';
import type { HostProcess } from '../proof/host-process.js';
import { Stage } from '../proof/stage.js';
import { describeWithRedisProgram, TestRedis } from '../services.js';
import { until } from '../until.js';

/** Restarts, each at another step of the documents' lives. */
const rounds = 6;
const perRound = 4;

describeWithPostgresProgram('a PostgreSQL that is restarted at any moment', () => {
  describeWithRedisProgram('under documents on their way', () => {
    let stage: Stage;
    let postgres: PostgresServer;
    let redis: TestRedis;

    beforeAll(async () => {
      [stage, postgres, redis] = await Promise.all([Stage.set(), PostgresServer.start(), TestRedis.start()]);
    });
    afterAll(async () => {
      await stage.clear();
      await postgres.remove();
      await redis.stop();
    });

    for (const dispatch of ['in-process', 'bullmq'] as const)
      it(`ends no process and loses nothing, ${dispatch}`, async () => {
        const host = await stage.start({
          database: { type: 'postgres', url: postgres.url },
          dispatch,
          redisUrl: `redis://127.0.0.1:${redis.port}`,
          prefix: dispatch,
          leaseMs: 1_000,
          pollMs: 200,
          concurrency: 4,
        });
        let isOver = false;
        void host.died().then(() => (isOver = true));
        const before = stage.sandbox.documents.list().length;
        const ids: string[] = [];
        for (let round = 0; round < rounds; round++) {
          const some = Array.from({ length: perRound }, (_, at) => `${dispatch}-${round}-${at}`);
          ids.push(...some);
          const submitted = Promise.all(some.map((id) => submit(host, id)));
          // Before the first is sent, between two, when all are there, and while they are read, handled and billed.
          await until(
            () => stage.sandbox.documents.list().length - before >= round * perRound + Math.min(round, perRound),
          );
          if (round >= 3) await finishAll(stage);
          await postgres.stop();
          await postgres.start();
          await submitted;
        }
        const rows = await endOf(stage, host, ids);
        expect(rows.map(({ state }) => state)).toEqual(ids.map(() => 'completed'));
        expect(rows.map((row) => stage.documentsOf(row).length)).toEqual(ids.map(() => 1));
        expect(
          (await host.bills())
            .map(({ invoice }) => invoice)
            .filter((id) => ids.includes(id))
            .sort(),
        ).toEqual([...ids].sort());
        expect(isOver).toBe(false);
        await host.kill();
      }, 400_000);
  });
});

/** As a client would: until it is told that the document is taken. */
async function submit(host: HostProcess, id: string): Promise<void> {
  await until(async () => {
    const fault = await host.submit(id).then(
      () => null,
      (error: unknown) => String(error),
    );
    if (fault !== null && !fault.includes(': 500')) throw new Error(fault);
    return fault === null;
  });
}

async function finishAll({ sandbox }: Stage): Promise<void> {
  for (const { id, status } of sandbox.documents.list()) if (status === 'pending') await sandbox.documents.finish(id);
}

/** Resolves, to the rows, once each has come to its end and been billed. */
async function endOf(
  stage: Stage,
  host: HostProcess,
  ids: readonly string[],
): Promise<Awaited<ReturnType<HostProcess['rows']>>> {
  let rows: Awaited<ReturnType<HostProcess['rows']>> = [];
  await until(async () => {
    await finishAll(stage);
    rows = (await host.rows()).filter(({ sourceId }) => ids.includes(sourceId));
    const bills = (await host.bills()).filter(({ invoice }) => ids.includes(invoice));
    return bills.length >= ids.length && rows.every(({ state }) => state === 'completed');
  });
  return rows;
}
