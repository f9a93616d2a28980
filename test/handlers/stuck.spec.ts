import { Injectable, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { BullModule } from '@nestjs/bull';
import { BullModule as BullMqModule } from '@nestjs/bullmq';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { EXDATA_CLOCK, ExdataHandlerRun, ExdataModule, OnExdataDocument } from 'nestjs-exdata';
import type { ExdataDocumentContext, ExdataModuleExtras, ExdataModuleOptions } from 'nestjs-exdata';
import { ExdataBullModule } from 'nestjs-exdata/bull';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import { Host } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { describeWithPostgres, describeWithRedisProgram, TestRedis } from '../services.js';

const documents = 12;
/** Fewer than there are documents, and more than the handlers are. */
const concurrency = 4;
/** Nobody waits for so long. */
const handlerTimeoutMs = 600_000;

/** One handler that never ends and heeds no signal, and two that do their work. */
@Injectable()
class Desk {
  readonly calls: Record<string, string[]> = { stuck: [], first: [], second: [] };
  isStuck = true;

  @OnExdataDocument('completed', { id: 'stuck' })
  async never({ link }: ExdataDocumentContext): Promise<void> {
    this.calls.stuck?.push(link.sourceId);
    if (this.isStuck) await new Promise(() => undefined);
  }

  @OnExdataDocument('completed', { id: 'first' })
  first({ link }: ExdataDocumentContext): void {
    this.calls.first?.push(link.sourceId);
  }

  @OnExdataDocument('completed', { id: 'second' })
  second({ link }: ExdataDocumentContext): void {
    this.calls.second?.push(link.sourceId);
  }
}

describeWithPostgres('a handler that never settles, in process', ({ url }) =>
  stuck(url, (settings, shape) => ExdataModule.forRoot({ ...settings, ...shape })),
);

describeWithRedisProgram('a handler that never settles', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.start();
  });
  afterAll(() => redis.stop());
  const port = (): number => redis.port;
  const worker = { concurrency };

  describeWithPostgres('over Bull', ({ url }) =>
    stuck(url, (settings, shape) =>
      beside(
        BullModule.forRoot({ redis: { port: port() } }),
        ExdataModule.forRoot({ ...settings, ...shape, dispatcher: ExdataBullModule.forRoot({ worker }) }),
      ),
    ),
  );
  describeWithPostgres('over BullMQ', ({ url }) =>
    stuck(url, (settings, shape) =>
      beside(
        BullMqModule.forRoot({ connection: { port: port() } }),
        ExdataModule.forRoot({ ...settings, ...shape, dispatcher: ExdataBullMqModule.forRoot({ worker }) }),
      ),
    ),
  );
});

function beside(queue: DynamicModule, exdata: DynamicModule): DynamicModule {
  @Module({})
  class Both {}
  return { module: Both, imports: [queue, exdata], exports: [exdata] };
}

function stuck(
  url: string,
  imported: (settings: ExdataModuleOptions, shape: ExdataModuleExtras) => DynamicModule,
): void {
  let host: Host;
  const clock = new ShiftedClock();
  afterEach(() => host.close());

  it('holds up none of the others, however many of its runs wait, and goes on when it is mended', async () => {
    const work = { concurrency, handlerTimeoutMs, sweepEveryMs: 200, retryFirstMs: 20, retryMaxMs: 200, drainMs: 100 };
    host = await Host.start({
      database: { type: 'postgres', url, poolSize: 20 },
      options: { work, upload: { spool: 'database' } },
      providers: [Desk],
      bookkeeping: false,
      imported: (settings) => imported(settings, { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] }),
    });
    const desk = host.app.get(Desk);
    const ids = Array.from({ length: documents }, (_, index) => `STUCK-${String(index)}`);
    for (const id of ids) await host.sandbox.documents.finish(await host.pending(id));
    await host.until(() => desk.calls.first?.length === documents && desk.calls.second?.length === documents);
    // Nothing of it has ended, and it has not been given all workers.
    expect(await host.database.manager.countBy(ExdataHandlerRun, { handler: 'stuck', outcome: 'done' })).toBe(0);

    desk.isStuck = false;
    clock.skip(handlerTimeoutMs);
    await host.until(
      async () => (await host.database.manager.countBy(ExdataHandlerRun, { outcome: 'done' })) === 3 * documents,
    );
  });
}
