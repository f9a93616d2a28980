import { afterEach, describe, expect, it } from '@jest/globals';
import { BullModule, getQueueToken } from '@nestjs/bull';
import { BullModule as BullMqModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ExdataLink, ExdataModule, exdataSecretFromProvider } from 'nestjs-exdata';
import type { ExdataMode, ExdataModuleExtras, ExdataModuleOptions } from 'nestjs-exdata';
import { ExdataBullModule } from 'nestjs-exdata/bull';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import { In } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { source } from '../deliveries/scene.js';
import { Host, secret } from '../life/host.js';
import { describeWithMariadb, describeWithPostgres, describeWithRedisProgram, TestRedis } from '../services.js';

const modes = ['test', 'live'] as const;
const each = 100;
/** Few enough to be quick, and booked in both modes. */
const bookedOfEach = 10;
/** Two hundred documents take their time on a machine that is busy; milliseconds. */
const patienceMs = 480_000;

type Dispatch = 'in process' | 'bull' | 'bullmq';

const optionsOf = (mode: ExdataMode): Partial<ExdataModuleOptions> => ({
  mode,
  token: exdataSecretFromProvider(() => `sandbox_${mode}_token`),
  webhookSecrets: [{ id: 'current', secret: exdataSecretFromProvider(() => secret) }],
  allowInsecureBaseUrl: true,
  upload: { spool: 'database' },
  work: { sweepEveryMs: 1_000 },
});

/** What is used of a queue of Bull or of BullMQ. */
interface SeenQueue {
  readonly name: string;
  getCompleted(): Promise<readonly { readonly data: { readonly id: string } }[]>;
}

/** Each mode's process has had the jobs of its own rows, and of all of them. */
async function checkQueue(host: Host, mode: ExdataMode, ids: readonly string[]): Promise<void> {
  const queue = host.app.get<SeenQueue>(getQueueToken('exdata-upload'), { strict: false });
  expect(queue.name).toBe(`exdata-upload-${mode}`);
  const rows = await host.database.manager.findBy(ExdataLink, { mode, sourceId: In(ids) });
  await host.until(async () => {
    const jobs = await queue.getCompleted();
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(jobs.map(({ data }) => data.id)));
    return jobs.length === rows.length;
  });
}

/** The host's own BullModule beside ours, as its module would import both. */
function over(
  dispatch: Dispatch,
  redis: TestRedis | undefined,
): ((settings: ExdataModuleOptions) => DynamicModule) | undefined {
  if (dispatch === 'in process') return undefined;
  const connection = { host: '127.0.0.1', port: redis?.port ?? 0 };
  const [queue, dispatcher]: [DynamicModule, ExdataModuleExtras['dispatcher'] & object] =
    dispatch === 'bull'
      ? [BullModule.forRoot({ redis: connection }), ExdataBullModule.forRoot({})]
      : [BullMqModule.forRoot({ connection }), ExdataBullMqModule.forRoot({})];
  @Module({})
  class QueuedModule {}

  return (settings) => ({
    module: QueuedModule,
    imports: [queue, ExdataModule.forRoot({ ...settings, isGlobal: true, dispatcher })],
  });
}

describeWithPostgres('[C4 U1] processes of both modes on one PostgreSQL', ({ url }) => {
  keepApart('in process', () => ({ type: 'postgres', url }));
  describeWithRedisProgram('and one Redis', () => {
    keepApart('bullmq', () => ({ type: 'postgres', url }));
  });
});
describeWithMariadb('[C4 U1] processes of both modes on one MariaDB', ({ url }) => {
  describeWithRedisProgram('and one Redis', () => {
    keepApart('bull', () => ({ type: 'mariadb', url }));
  });
});

function keepApart(dispatch: Dispatch, database: () => DataSourceOptions): void {
  describe(dispatch, () => {
    const ids = Array.from({ length: each }, (_, index) => `${dispatch} ${String(index)}`);
    const ended = ids.slice(0, bookedOfEach);
    const hosts: Host[] = [];
    let redis: TestRedis | undefined;
    afterEach(async () => {
      await Promise.all(hosts.splice(0).map((host) => host.close()));
      await redis?.stop();
      redis = undefined;
    });

    it(
      'each document, submitted in both under the same id with the same bytes, is sent once in each, with the token of that mode',
      async () => {
        redis = dispatch === 'in process' ? undefined : await TestRedis.start();
        for (const mode of modes) {
          const imported = over(dispatch, redis);
          hosts.push(
            await Host.start({ database: database(), options: optionsOf(mode), ...(imported && { imported }) }),
          );
        }
        await Promise.all(
          ids.flatMap((id) =>
            hosts.map((host) =>
              host.uploads.submit({ source: source(id), file: Buffer.from(`%PDF-1.4 ${id}`), filename: 'a.pdf' }),
            ),
          ),
        );
        for (const [index, host] of hosts.entries()) {
          for (const id of ids) await host.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
          const requests = host.sandbox.journal.requests();
          expect(new Set(requests.map(({ mode, tokenDigest }) => `${String(mode)} ${String(tokenDigest)}`)).size).toBe(
            1,
          );
          expect(requests[0]?.mode).toBe(modes[index]);
          const uploads = requests.filter(({ method }) => method === 'POST');
          if (dispatch !== 'in process') await checkQueue(host, modes[index] ?? 'live', ids);
          expect([uploads.length, new Set(uploads.map(({ idempotencyKey }) => idempotencyKey)).size]).toEqual([
            each,
            each,
          ]);
        }
        for (const host of hosts) {
          for (const id of ended) {
            const row = await host.documents.findBySource(source(id));
            await host.sandbox.documents.finish(Number(row?.exdataId));
          }
        }
        for (const [index, host] of hosts.entries()) {
          for (const id of ended) await host.handled(id);
          const booked = host.bookkeeping.calls.map(({ link }) => `${link.mode} ${link.sourceId}`);
          expect(booked.sort()).toEqual(ended.map((id) => `${String(modes[index])} ${id}`).sort());
        }
      },
      patienceMs,
    );
  });
}
