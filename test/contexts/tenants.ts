import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import { Controller, Headers, HttpCode, Inject, Injectable, Param, Post } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import {
  ExdataApi,
  ExdataDeliveryService,
  ExdataEvents,
  ExdataUploadService,
  OnExdataDelivery,
  OnExdataDocument,
} from 'nestjs-exdata';
import type { ExdataAlerts, ExdataDocumentContext, ExdataFileReader, ExdataSpool, ExdataSpooled } from 'nestjs-exdata';
import type { NextFunction, Request, Response } from 'express';
import { ClsServiceManager } from 'nestjs-cls';

/** The host's own store, as many hosts keep their tenant. */
const tenants = new AsyncLocalStorage<string>();

/** What a piece of the host's own code found around it. */
export interface Sighting {
  readonly place: string;
  readonly tenant: string | undefined;
  readonly clsTenant: unknown;
  /** The trace of the span that was active there. */
  readonly traceId: string | undefined;
}

export const sightings: Sighting[] = [];

function look(place: string): void {
  const cls = ClsServiceManager.getClsService();
  const clsTenant: unknown = cls.isActive() ? (cls.get('tenant') ?? 'none') : undefined;
  sightings.push({
    place,
    tenant: tenants.getStore(),
    clsTenant,
    traceId: trace.getActiveSpan()?.spanContext().traceId,
  });
}

/** The traces of requests. */
export const requestTraces = new Set<string>();
let requests = 0;

/** Gives each request a tenant of its own, webhooks too, and a span. */
export function enterTenant(request: Request, _response: Response, next: NextFunction): void {
  const tenant = `request-${String(++requests)}`;
  request.headers['x-tenant'] = tenant;
  const span = trace.getTracer('host').startSpan(tenant, { root: true });
  requestTraces.add(span.spanContext().traceId);
  context.with(trace.setSpan(context.active(), span), () => tenants.run(tenant, next));
  span.end();
}

@Injectable()
export class Handlers {
  readonly called: string[] = [];

  @OnExdataDocument(['completed', 'error'], { id: 'books' })
  async book({ link, manager }: ExdataDocumentContext): Promise<void> {
    look('document handler');
    // What a handler enters is its own affair, and not the next one's.
    tenants.enterWith('left by a handler');
    await manager.query('select 1');
    this.called.push(link.sourceId);
  }

  @OnExdataDelivery('*', { id: 'raw' })
  raw(): void {
    look('delivery handler');
    tenants.enterWith('left by a handler');
  }
}

export class Pager implements ExdataAlerts {
  raise(): Promise<void> {
    look('alerts');
    return Promise.resolve();
  }
}

/** The host's store of files: opened once when a document is submitted, in that request, and once to be sent. */
export class Store implements ExdataFileReader {
  readonly #opened = new Set<string>();

  open(reference: string): Readable {
    if (this.#opened.has(reference)) look('file reader');
    const isSent = this.#opened.has(reference);
    this.#opened.add(reference);
    return Readable.from(
      (async function* () {
        if (isSent) look('file');
        await Promise.resolve();
        yield Buffer.from(`%PDF-1.4 ${reference}`);
      })(),
    );
  }
}

/** A spool of the host's own. */
export class Shelf implements ExdataSpool {
  readonly shared = true;
  readonly #kept = new Map<string, Buffer>();

  async write(id: string, from: Readable): Promise<ExdataSpooled> {
    const bytes = await buffer(from);
    this.#kept.set(id, bytes);
    return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), head: bytes };
  }
  open(id: string): Readable {
    look('spool open');
    return Readable.from([this.#kept.get(id) ?? Buffer.alloc(0)]);
  }
  erase(id: string): Promise<void> {
    look('spool erase');
    this.#kept.delete(id);
    return Promise.resolve();
  }
  clean(): Promise<void> {
    look('spool clean');
    return Promise.resolve();
  }
}

export const readToken = (): string => {
  look('token');
  return 'sandbox_test_token';
};

export const readSecrets = (secret: string) => () => {
  look('webhook secrets');
  return [{ id: 'current', secret }];
};

/** The host's own routes. */
@Controller('host')
export class HostController {
  constructor(
    @Inject(ExdataUploadService) private readonly uploads: ExdataUploadService,
    @Inject(ExdataDeliveryService) private readonly deliveries: ExdataDeliveryService,
    @Inject(ExdataApi) private readonly api: ExdataApi,
    @Inject(ExdataEvents) events: ExdataEvents,
  ) {
    events.on('upload.progress', () => look('event'));
  }

  /** Opens connections to exdata that work will use later. */
  @Post('list')
  @HttpCode(204)
  async list(): Promise<void> {
    for await (const document of this.api.documents.list({})) if (document.id !== '') break;
  }

  /** Odd ones are kept by the spool, even ones lie in the host's store. */
  @Post('submit/:id')
  @HttpCode(204)
  async submit(@Param('id') id: string, @Headers('x-tenant') tenant: string): Promise<void> {
    const file = Number(id) % 2 === 0 ? { reference: `store:${id}` } : Buffer.from(`%PDF-1.4 ${id}`);
    const onProgress = (): void => {
      if (tenants.getStore() !== tenant) look('progress of another tenant');
    };
    await this.uploads.submit({ source: { type: 'invoice', id }, file, filename: `${id}.pdf`, onProgress });
    if (tenants.getStore() !== tenant) look('after submit');
  }

  @Post('resubmit/:id')
  @HttpCode(204)
  async resubmit(@Param('id') id: string): Promise<void> {
    await this.uploads.resubmit(
      { type: 'invoice', id },
      { reason: 'again', file: Buffer.from(`%PDF-1.4 ${id} again`) },
    );
  }

  @Post('replay/:id')
  @HttpCode(204)
  replay(@Param('id') id: string): Promise<void> {
    return this.deliveries.replay(id);
  }

  @Post('release')
  @HttpCode(204)
  async release(): Promise<void> {
    await this.uploads.releaseHold();
  }
}
