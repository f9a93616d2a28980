import fastifyCompress from '@fastify/compress';
import fastifyHelmet from '@fastify/helmet';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Body,
  Catch,
  Controller,
  HttpException,
  Injectable,
  Post,
  Req,
  SetMetadata,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import type {
  ArgumentsHost,
  CallHandler,
  CanActivate,
  ExceptionFilter,
  ExecutionContext,
  NestInterceptor,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, HttpAdapterHost, Reflector } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsString } from 'class-validator';
import compression from 'compression';
import express from 'express';
import helmet from 'helmet';
import { exdataDeliveryOf, ExdataWebhookGuard } from 'nestjs-exdata';
import type { ExdataVerifiedDelivery, ExdataWebhookRefusal } from 'nestjs-exdata';
import { sign } from 'nestjs-exdata-sandbox';
import { map } from 'rxjs';
import type { Observable } from 'rxjs';
import { platforms, Receiver, secret, signedHeaders } from './receiver.js';
import type { Platform, ReceiverOptions } from './receiver.js';
import { send } from './send.js';

let receiver: Receiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});

const start = async (platform: Platform, setup: ReceiverOptions = {}): Promise<Receiver> =>
  (receiver = await Receiver.start(platform, setup));

/** What every host has to be able to do with its webhook, whatever else it does. */
async function expectToWork(host: Receiver): Promise<void> {
  const before = (await host.inbox()).length;
  const answers = [
    await host.deliver('{"data":[],"unknown":"to any DTO"}'),
    await host.deliver('not json'),
    await host.deliver(`{"data":[],"filler":"${'x'.repeat(900_000)}"}`),
    await host.deliver('{}', { 'X-Signature': '0'.repeat(64) }),
    await host.deliver('{}', { 'Content-Type': 'text/plain' }),
    await host.deliver(' '.repeat(1_200_000)),
  ];
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 401, 415, 413]);
  expect(await host.inbox()).toHaveLength(before + 3);
}

class Note {
  @IsString()
  text!: string;
}

/** A route of the host, whose body the host's own parser reads. */
@Controller('notes')
class NotesController {
  @Post(['', 'webhooks/exdata'])
  take(@Body() note: Note): Note {
    return note;
  }
}

const note = (host: Receiver, path: string, body: string) =>
  send(new URL(path, host.url).href, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });

const isPublic = 'isPublic';
@Injectable()
class TokenGuard implements CanActivate {
  private readonly reflector = new Reflector();
  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride<boolean>(isPublic, [context.getHandler(), context.getClass()])) return true;
    throw new UnauthorizedException('show your token');
  }
}

@Injectable()
class Envelope implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@Catch(HttpException)
class Problems implements ExceptionFilter<HttpException> {
  constructor(private readonly http: HttpAdapterHost) {}
  catch(error: HttpException, host: ArgumentsHost): void {
    this.http.httpAdapter.reply(host.switchToHttp().getResponse(), { problem: error.message }, error.getStatus());
  }
}

describe.each(platforms)('the webhook on %s', (platform) => {
  it('works behind a strict global ValidationPipe', async () => {
    const pipe = new ValidationPipe({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
    });
    const host = await start(platform, {
      providers: [{ provide: APP_PIPE, useValue: pipe }],
      controllers: [NotesController],
    });
    await expectToWork(host);
    expect(await note(host, '/notes', '{"text":1}')).toMatchObject({ status: 400 });
  });

  it('works behind a global guard that its decorators exempt it from, and not without them', async () => {
    const providers = [{ provide: APP_GUARD, useClass: TokenGuard }];
    const shut = await start(platform, { providers });
    expect(await shut.deliver()).toMatchObject({ status: 401, text: expect.stringContaining('show your token') });
    await shut.close();
    await expectToWork(
      await start(platform, { providers, extras: { webhookDecorators: [SetMetadata(isPublic, true)] } }),
    );
  });

  it('works under a global interceptor and filter', async () => {
    const providers = [
      { provide: APP_INTERCEPTOR, useClass: Envelope },
      { provide: APP_FILTER, inject: [HttpAdapterHost], useFactory: (http: HttpAdapterHost) => new Problems(http) },
    ];
    const host = await start(platform, { providers });
    await expectToWork(host);
    expect(await host.deliver()).toMatchObject({ status: 204, text: '' });
    expect((await host.deliver('{}', { 'X-Signature': '' })).text).toBe('{"problem":"Unauthorized"}');
  });

  it.each([
    ['URI', { type: VersioningType.URI, defaultVersion: '1' }],
    ['header', { type: VersioningType.HEADER, header: 'X-Version', defaultVersion: '1' }],
  ] as const)('works under a global prefix and %s versioning', async (_kind, versioning) => {
    const host = await start(platform, {
      path: '/api/webhooks/exdata',
      prepare: (app) => void app.setGlobalPrefix('api').enableVersioning(versioning),
    });
    await expectToWork(host);
    expect(await host.deliverTo('/default', '{}')).toMatchObject({ status: 204 });
  });

  it('works behind helmet and compression, with cross-origin requests allowed', async () => {
    const host = await start(platform, {
      prepare: async (app) => {
        app.enableCors();
        if (platform === 'Express') app.use(helmet(), compression());
        else {
          await (app as NestFastifyApplication).register(fastifyHelmet);
          await (app as NestFastifyApplication).register(fastifyCompress);
        }
      },
    });
    await expectToWork(host);
    expect((await host.deliver()).headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
  });

  it('leaves the bodies of other routes to their parser, also of one whose path ends like its own', async () => {
    const host = await start(platform, { controllers: [NotesController] });
    for (const path of ['/notes', '/notes/webhooks/exdata']) {
      expect(await note(host, path, '{"text":"kept"}')).toMatchObject({ status: 201, text: '{"text":"kept"}' });
      expect(await note(host, path, '{"text":')).toMatchObject({ status: 400 });
    }
  });

  it('does not need Nest’s parser', async () => {
    await expectToWork(await start(platform, { create: { rawBody: false, bodyParser: false } }));
  });

  it('[W1] does not start where rawBody is forgotten, and says which line to add', async () => {
    const forgotten = Receiver.start(platform, { create: { rawBody: false } });
    await expect(forgotten).rejects.toThrow(
      /NestFactory\.create\(AppModule, \{ rawBody: true \}\).*new FastifyAdapter\(\), \{ rawBody: true \}/,
    );
  });

  it('takes compressed bodies where it is told to, signed as they are sent, and bounds what they unfold to', async () => {
    const { brotliCompressSync, deflateSync, gzipSync } = await import('node:zlib');
    const host = await start(platform, { options: { webhook: { compressedBodies: true, maxBodyBytes: 4_096 } } });
    const body = '{"data":[],"note":"unfolded"}';
    for (const [encoding, compress] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const) {
      const bytes = compress(body);
      expect(await host.deliver(bytes, { 'Content-Encoding': encoding })).toMatchObject({ status: 204 });
      const answers = [
        await host.deliver(bytes, { 'Content-Encoding': encoding, 'X-Signature': sign(secret, body) }),
        await host.deliver(compress(' '.repeat(2_000_000)), { 'Content-Encoding': encoding }),
        await host.deliver(compress(' '.repeat(5_000)), { 'Content-Encoding': encoding }),
        await host.deliver('no such thing', { 'Content-Encoding': encoding }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([401, 413, 413, 400]);
    }
    expect((await host.inbox()).map((row) => row.body.toString())).toEqual(Array.from({ length: 3 }, () => body));
    expect(await host.deliver(body, { 'Content-Encoding': 'zstd' })).toMatchObject({ status: 415 });
  });

  it('[W2] checks no timestamps where that is said in so many words', async () => {
    const host = await start(platform, { options: { webhook: { timestampCheck: false } } });
    for (const stamp of ['0', '', 'tomorrow', String(Date.now())]) {
      expect(await host.deliver('{}', { 'X-Timestamp': stamp })).toMatchObject({ status: 204 });
    }
    await expect(Receiver.start(platform, { options: { webhook: { pastToleranceMs: 0 } } })).rejects.toThrow(
      /timestampCheck: false/,
    );
  });

  it('lets a host put its own guard in place, and its throttler behind refusals', async () => {
    const seen: string[] = [];
    @Injectable()
    class CountingGuard extends ExdataWebhookGuard {
      protected override refused({ reason, account }: ExdataWebhookRefusal): void {
        seen.push(`${account ?? '-'} ${reason}`);
        if (seen.length > 2) throw new HttpException('slow down', 429);
      }
    }
    const host = await start(platform, { extras: { webhookGuard: CountingGuard } });
    const statuses: number[] = [];
    for (let count = 0; count < 3; count++) statuses.push((await host.deliver('{}', { 'X-Signature': '' })).status);
    expect(statuses).toEqual([401, 401, 429]);
    expect(seen[0]).toBe('default signature');
    expect(await host.deliver()).toMatchObject({ status: 204 });
  });

  it('lends its guard to a controller of the host', async () => {
    const given: ExdataVerifiedDelivery[] = [];
    @Controller('own/hook')
    @UseGuards(ExdataWebhookGuard)
    class OwnController {
      @Post()
      take(@Req() request: object): void {
        given.push(exdataDeliveryOf(request));
      }
    }
    const host = await start(platform, {
      extras: { webhookPath: false, isGlobal: true },
      controllers: [OwnController],
      path: '/own/hook',
    });
    expect(await host.deliver('{"data":[]}', { 'X-Event': 'a.b' })).toMatchObject({ status: 201 });
    expect(await host.deliver('{}', { 'X-Signature': '' })).toMatchObject({ status: 401 });
    expect(given).toMatchObject([{ account: 'default', event: 'a.b', secretId: 'current' }]);
  });

  it('tells the log what became of a body on its way, and outsiders nothing', async () => {
    const host = await start(platform);
    const body = '{"data": [1, 2]}';
    const altered = await host.deliver(`${body}\n`, signedHeaders(body));
    expect(altered.text).toBe('{"statusCode":401,"message":"Unauthorized"}');
    await host.until(() => host.refusals().length > 0);
    expect(host.refusals()).toEqual([
      expect.stringMatching(/reason=signature count=1 hint="the body has a trailing newline/),
    ]);
    for (let count = 0; count < 50; count++) await host.deliver('{}', { 'X-Signature': '0'.repeat(64) });
    expect(host.refusals()).toHaveLength(1);
    expect(await host.inbox()).toEqual([]);
  });
});

describe('parsers of Express', () => {
  it('may come after the webhook, with any limit', async () => {
    const create = { bodyParser: false, rawBody: false };
    await expectToWork(await start('Express', { create, prepare: (app) => void app.use(express.json({ limit: 10 })) }));
  });

  it('that come before it are told of at the start, and named when a delivery fails by them', async () => {
    const server = express();
    server.use(express.json());
    const host = await start('Express', { adapter: new ExpressAdapter(server) });
    expect(host.lines.find((line) => line.startsWith('webhook.parser_first'))).toMatch(
      /jsonParser.*NestFactory\.create/,
    );
    expect(await host.deliver()).toMatchObject({ status: 401 });
    expect(host.refusals()).toEqual([expect.stringMatching(/reason=no_raw_body .*a parser took the body/)]);
  });
});

describe('parsers of Fastify', () => {
  it('may be the host’s own', async () => {
    const create = { bodyParser: false, rawBody: false };
    const prepare: ReceiverOptions['prepare'] = (app) => {
      (app as NestFastifyApplication).useBodyParser('application/json', { bodyLimit: 10 }, (_request, _body, done) => {
        done(new Error('not for the webhook'));
      });
    };
    await expectToWork(await start('Fastify', { create, prepare }));
  });
});
