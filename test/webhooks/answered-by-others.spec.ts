import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ForbiddenException, HttpException, Injectable, Scope, SetMetadata } from '@nestjs/common';
import type { ArgumentsHost, CanActivate, ExceptionFilter, ExecutionContext, Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, HttpAdapterHost, Reflector } from '@nestjs/core';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { EXDATA_CLOCK } from 'nestjs-exdata';
import { ExdataHealthIndicator, ExdataHealthModule } from 'nestjs-exdata/terminus';
import { DataSource } from 'typeorm';
import { ShiftedClock } from '../life/shifted-clock.js';
import { platforms, Receiver } from './receiver.js';
import type { ReceiverOptions } from './receiver.js';
import { send } from './send.js';

const isPublic = 'isPublic';
const isOpen = { now: false };

@Injectable()
class TokenGuard implements CanActivate {
  private readonly reflector = new Reflector();
  canActivate(context: ExecutionContext): boolean {
    if (isOpen.now || this.reflector.getAllAndOverride<boolean>(isPublic, [context.getHandler(), context.getClass()]))
      return true;
    throw new ForbiddenException();
  }
}

@Injectable({ scope: Scope.REQUEST })
class TenantGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/** Hides from senders that their delivery could not be taken. */
class Soothing implements ExceptionFilter<HttpException> {
  constructor(private readonly http: HttpAdapterHost) {}
  catch(_error: HttpException, host: ArgumentsHost): void {
    this.http.httpAdapter.reply(host.switchToHttp().getResponse(), {}, 200);
  }
}

const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
const meters = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
});
beforeAll(() => void metrics.setGlobalMeterProvider(meters));
afterAll(async () => {
  metrics.disable();
  await meters.shutdown();
});

const guarded: Provider[] = [{ provide: APP_GUARD, useClass: TokenGuard }];

describe.each(platforms)('[W1] what others answer on the webhook’s route, on %s', (platform) => {
  let host: Receiver | undefined;
  let clock: ShiftedClock;
  afterEach(async () => {
    isOpen.now = false;
    await host?.close();
    host = undefined;
  });

  const start = async (setup: ReceiverOptions): Promise<Receiver> => {
    clock = new ShiftedClock();
    await meters.forceFlush();
    exporter.reset();
    const extras = { isGlobal: true, ...setup.extras, providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
    return (host = await Receiver.start(platform, { ...setup, extras, imports: [ExdataHealthModule] }));
  };
  const linesOf = ({ lines }: Receiver, event: string): string[] => lines.filter((line) => line.startsWith(event));
  const told = (from: Receiver): string[] => linesOf(from, 'webhook.answered_by_others');
  const faultsOf = async ({ app }: Receiver): Promise<object[]> => {
    const { exdata } = await app.get(ExdataHealthIndicator).isHealthy('exdata');
    return (exdata as { faults?: object[] }).faults ?? [];
  };
  const counted = async (): Promise<unknown[]> => {
    await meters.forceFlush();
    return exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
      .filter(({ descriptor }) => descriptor.name === 'exdata.webhook.answered_by_others')
      .flatMap(({ dataPoints }) => dataPoints.map(({ attributes, value }) => [attributes, value]));
  };

  it('is a warning at start where a global guard stands before it, and one line a minute for whatever that refuses', async () => {
    const receiver = await start({ providers: guarded });
    expect(linesOf(receiver, 'webhook.global_guards')).toEqual([
      expect.stringMatching(/guards=TokenGuard fix=".*webhookDecorators/),
    ]);
    for (let count = 0; count < 50; count++) expect(await receiver.deliver()).toMatchObject({ status: 403 });
    await receiver.until(async () => JSON.stringify(await faultsOf(receiver)).includes('"count":50'));
    expect(told(receiver)).toEqual([expect.stringMatching(/status=403 count=1 fix=".*webhookDecorators/)]);
    expect(await faultsOf(receiver)).toMatchObject([{ kind: 'webhook', count: 50 }]);

    clock.skip(60_000);
    await receiver.deliver('{}', { 'X-Signature': '' });
    await receiver.until(() => told(receiver).length > 1);
    expect(told(receiver)[1]).toMatch(/status=403 count=50 /);
    expect(await counted()).toEqual([[{ status: 403 }, 51]]);

    isOpen.now = true;
    expect(await receiver.deliver()).toMatchObject({ status: 204 });
    await receiver.until(() => linesOf(receiver, 'webhook.recovered').length > 0);
    expect(await faultsOf(receiver)).toEqual([]);
  });

  it('is nothing where the decorators exempt it, and the webhook’s own refusals are not counted', async () => {
    const receiver = await start({
      providers: guarded,
      extras: { webhookDecorators: [SetMetadata(isPublic, true)] },
      options: { webhook: { maxBodyBytes: 4_096 } },
    });
    const answers = [
      await receiver.deliver(),
      await receiver.deliver('{}', { 'X-Signature': '' }),
      await receiver.deliver('{}', { 'Content-Type': 'text/plain' }),
      await receiver.deliver(' '.repeat(5_000)),
      await send(receiver.url, { method: 'PUT', body: '{}', headers: { 'Content-Type': 'application/json' } }),
      await send(`${receiver.url}/%zz`, {
        method: 'POST',
        body: '{}',
        headers: { 'Content-Type': 'application/json' },
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([204, 401, 415, 413, 404, 400]);
    await receiver.app.get(DataSource).query('drop table exdata_delivery');
    expect(await receiver.deliver()).toMatchObject({ status: 503 });
    expect(await counted()).toEqual([]);
    expect([...told(receiver), ...linesOf(receiver, 'webhook.global_guards')]).toEqual([]);
  });

  it('names guards of every kind of binding once, and an empty list of decorators says that they let it through', async () => {
    const providers = [...guarded, { provide: APP_GUARD, useClass: TenantGuard }];
    const prepare: ReceiverOptions['prepare'] = (app) => void app.useGlobalGuards(new TokenGuard());
    const receiver = await start({ providers, prepare });
    expect(linesOf(receiver, 'webhook.global_guards')).toEqual([
      expect.stringContaining('guards=TokenGuard,TenantGuard '),
    ]);
    await receiver.close();
    const sure = await start({ providers, prepare, extras: { webhookDecorators: [] } });
    expect(linesOf(sure, 'webhook.global_guards')).toEqual([]);
  });

  it('is told also where a filter of the host makes another answer of a refusal', async () => {
    const soothing = {
      provide: APP_FILTER,
      inject: [HttpAdapterHost],
      useFactory: (http: HttpAdapterHost) => new Soothing(http),
    };
    const receiver = await start({ providers: [soothing] });
    expect(await receiver.deliver('{}', { 'X-Signature': '' })).toMatchObject({ status: 200 });
    await receiver.until(() => told(receiver).length > 0);
    expect(told(receiver)).toEqual([expect.stringMatching(/status=200 count=1 /)]);
  });
});
