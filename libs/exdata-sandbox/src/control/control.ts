import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { SideDoor } from '../http/server.js';
import type { Controls } from './controls.js';
import { isLoopback } from './loopback.js';
import { controlRoutes, type ControlRoute } from './routes.js';

const prefix = '/_sandbox/';
const bodyLimit = 1_048_576;

/**
 * Routes under `/_sandbox/` that do what the in-process API does, for a test whose simulator runs in another process.
 * They answer requests from this machine alone, and none that a web page could send: the host must be a loopback name
 * and a body must be JSON.
 */
export function openControl(sandbox: Controls): SideDoor {
  const routes = controlRoutes(sandbox);
  return (request, response) =>
    request.url?.startsWith(prefix) === true ? serve(routes, request, response) : undefined;
}

async function serve(
  routes: readonly ControlRoute[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [status, body] = await answer(routes, request).catch((error: unknown): [number, unknown] => {
    if (error instanceof z.ZodError) return [422, { message: z.prettifyError(error) }];
    return [400, { message: error instanceof Error ? error.message : 'Bad request.' }];
  });
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body ?? null, sayNone));
}

/** JSON has no `Infinity`: no limit is `none`, as in what comes in. */
function sayNone(_: string, value: unknown): unknown {
  return value === Infinity ? 'none' : value;
}

async function answer(routes: readonly ControlRoute[], request: IncomingMessage): Promise<[number, unknown]> {
  const host = new URL(`http://${request.headers.host ?? ''}`).hostname.replace(/^\[|\]$/g, '');
  if (!isLoopback(request.socket.remoteAddress) || !isLoopback(host))
    return [403, { message: 'Only for this machine.' }];
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
