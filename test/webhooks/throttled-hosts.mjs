/**
 * Hosts with a global throttler, on the compiled packages: @nestjs/throttler is CommonJS, which Jest cannot let load
 * Nest 12. Prints `{ platform: { throttled, exempt, counting } }`, the webhooks' addresses, and ends when its standard
 * input does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HttpException, Inject, Module } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SkipThrottle, ThrottlerGuard, ThrottlerModule, ThrottlerStorage } from '@nestjs/throttler';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ExdataModule, ExdataWebhookGuard, exdataEntities, exdataMigrations } from 'nestjs-exdata';

const [, , secret = '', limit = ''] = process.argv;
const folder = mkdtempSync(path.join(tmpdir(), 'exdata-throttled-'));

/** The guard that docs/webhooks.md shows: the throttler counts who is refused. */
class CountingGuard extends ExdataWebhookGuard {
  /** @type {ThrottlerStorage | undefined} */
  throttler = undefined;

  /** @override @param {unknown} _refusal @param {import('@nestjs/common').ExecutionContext} context */
  async refused(_refusal, context) {
    const { ip } = context.switchToHttp().getRequest();
    const counted = await this.throttler?.increment(`exdata ${ip}`, 60_000, Number(limit), 60_000, 'exdata-webhook');
    if (counted?.isBlocked) throw new HttpException('Too Many Requests', 429);
  }
}
Inject(ThrottlerStorage)(CountingGuard.prototype, 'throttler');

/**
 * @param {import('@nestjs/core').AbstractHttpAdapter} adapter
 * @param {import('nestjs-exdata').ExdataModuleExtras} extras
 */
async function listen(adapter, extras) {
  class Host {}
  Module({
    imports: [
      ThrottlerModule.forRoot([{ ttl: 60_000, limit: Number(limit) }]),
      TypeOrmModule.forRoot({
        type: 'better-sqlite3',
        database: ':memory:',
        entities: [...exdataEntities],
        migrations: [...exdataMigrations],
        migrationsRun: true,
      }),
      ExdataModule.forRoot({
        ...extras,
        mode: 'test',
        baseUrl: 'http://127.0.0.1:9/api/v1',
        token: 'token',
        webhookSecrets: [{ id: 'current', secret }],
        upload: { spoolDirectory: path.join(folder, 'spool') },
      }),
    ],
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
  })(Host);
  const app = await NestFactory.create(Host, adapter, { rawBody: true, logger: false });
  await app.listen(0, '127.0.0.1');
  return { app, url: `${await app.getUrl()}/webhooks/exdata` };
}

/** @param {() => import('@nestjs/core').AbstractHttpAdapter} adapter */
const hostsOn = async (adapter) => ({
  throttled: await listen(adapter(), {}),
  exempt: await listen(adapter(), { webhookDecorators: [SkipThrottle()] }),
  counting: await listen(adapter(), { webhookDecorators: [SkipThrottle()], webhookGuard: CountingGuard }),
});
const hosts = {
  Express: await hostsOn(() => new ExpressAdapter()),
  Fastify: await hostsOn(() => new FastifyAdapter()),
};
process.stdout.write(`${JSON.stringify(hosts, (name, value) => (name === 'app' ? undefined : value))}\n`);
await new Promise((resolve) => process.stdin.resume().once('end', resolve));
for (const { app } of Object.values(hosts).flatMap((three) => Object.values(three))) await app.close();
rmSync(folder, { recursive: true });
