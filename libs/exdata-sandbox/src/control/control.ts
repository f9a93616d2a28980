import type { IncomingMessage, ServerResponse } from 'node:http';
import { z, type ZodType } from 'zod';
import type { SideDoor } from '../http/server.js';
import type { Controls } from './controls.js';
import { isLoopback } from './loopback.js';
import * as schemas from './schemas.js';

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly run: (body: unknown, id: string, query: URLSearchParams) => unknown;
}

const prefix = '/_sandbox/';
const bodyLimit = 1_048_576;

/**
 * Routes under `/_sandbox/` that do what the in-process API does, for a test whose simulator runs in another process. They answer requests
 * from this machine alone, and none that a web page could send: the host must be a loopback name and a body must be JSON.
 */
export function openControl(sandbox: Controls): SideDoor {
  const routes = routesOf(sandbox);
  return (request, response) => (request.url?.startsWith(prefix) === true ? serve(routes, request, response) : undefined);
}

async function serve(routes: readonly Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, body] = await answer(routes, request).catch((error: unknown): [number, unknown] => {
    if (error instanceof z.ZodError) return [422, { message: z.prettifyError(error) }];
    return [400, { message: error instanceof Error ? error.message : 'Bad request.' }];
  });
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body ?? null));
}

async function answer(routes: readonly Route[], request: IncomingMessage): Promise<[number, unknown]> {
  const host = new URL(`http://${request.headers.host ?? ''}`).hostname.replace(/^\[|\]$/g, '');
  if (!isLoopback(request.socket.remoteAddress) || !isLoopback(host)) return [403, { message: 'Only for this machine.' }];
  const url = new URL(request.url ?? '/', 'http://sandbox.invalid');
  const text = await readText(request);
  if (text !== '' && request.headers['content-type'] !== 'application/json')
    return [415, { message: 'The body must be application/json.' }];
  for (const { method, path, run } of routes) {
    const match = path.exec(url.pathname.slice(prefix.length));
    if (match === null || method !== request.method) continue;
    return [200, await run(text === '' ? {} : JSON.parse(text), match[1] ?? '', url.searchParams)];
  }
  return [404, { message: 'There is no such route.' }];
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new Error(`The body is larger than ${bodyLimit} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function route<T>(method: string, path: RegExp, schema: ZodType<T>, run: (body: T, id: string, query: URLSearchParams) => unknown): Route {
  return { method, path, run: (body, id, query) => run(schema.parse(body), id, query) };
}

function routesOf({ accounts, documents, webhooks, faults, journal, readings }: Controls): readonly Route[] {
  const { nothingSchema: nothing } = schemas;
  return [
    route('GET', /^journal$/, nothing, (_, __, query) => {
      const after = Number(query.get('after') ?? 0);
      return journal.all().filter(({ seq, kind }) => seq > after && (query.get('kind') ?? kind) === kind);
    }),
    route('GET', /^documents$/, nothing, () => documents.list()),
    route('POST', /^documents\/(\d+)\/finish$/, schemas.finishSchema, ({ outcome, patch }, id) =>
      documents.finish(Number(id), outcome, patch),
    ),
    route('POST', /^documents\/(\d+)\/rerun$/, nothing, (_, id) => documents.rerun(Number(id))),
    route('POST', /^documents\/(\d+)\/deliver$/, schemas.deliveryOverrideSchema, (override, id) => webhooks.deliver(Number(id), override)),
    route('POST', /^outcomes$/, schemas.scriptedOutcomeSchema, ({ outcome, times }) => void documents.setOutcome(outcome, { times })),
    route('GET', /^deliveries$/, nothing, () => webhooks.deliveries()),
    route('POST', /^deliveries\/([\w-]+)\/replay$/, nothing, (_, id) => webhooks.replay(id)),
    route('POST', /^endpoints$/, schemas.endpointSchema, (endpoint) => webhooks.addEndpoint(endpoint)),
    route('POST', /^endpoints\/(\w+)\/rotate$/, schemas.rotateSchema, ({ secret }, id) => ({ secret: webhooks.rotateSecret(id, secret) })),
    route('DELETE', /^endpoints\/(\w+)$/, nothing, (_, id) => webhooks.removeEndpoint(id)),
    route('POST', /^faults\/requests$/, schemas.requestFaultSchema, ({ match, times, fault }) => {
      void faults.request(fault, { times, match: (facts) => agrees(facts, match) });
    }),
    route('POST', /^faults\/deliveries$/, schemas.deliveryFaultSchema, ({ match, times, fault }) => {
      void faults.delivery(fault, { times, match: (facts) => agrees(facts, match) });
    }),
    route('DELETE', /^faults$/, nothing, () => faults.clear()),
    route('POST', /^config$/, schemas.configSchema, (config) => {
      if (config.processingMs !== undefined) documents.setProcessing(config.processingMs);
      for (const [account, credits] of Object.entries(config.credits ?? {})) accounts.setCredits(account, credits);
      for (const [account, limit] of Object.entries(config.dailyTestUploads ?? {})) accounts.setDailyTestUploads(account, limit);
      Object.assign(readings, config.readings);
      return readings;
    }),
  ];
}

/** Whether all the wanted facts are as wanted. */
function agrees<Facts extends object>(facts: Facts, wanted: { readonly [K in keyof Facts]?: Facts[K] | undefined } = {}): boolean {
  return Object.entries(wanted).every(([name, value]) => value === undefined || Reflect.get(facts, name) === value);
}
