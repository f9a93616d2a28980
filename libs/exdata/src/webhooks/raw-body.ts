import type { HttpAdapterHost } from '@nestjs/core';

export const missingRawBody =
  "the webhook's signature covers the raw bytes of the body, and this application does not keep them. Create it with NestFactory.create(AppModule, { rawBody: true })";

/** What is read of the body of a request before any parser. */
interface IncomingBody {
  readonly method?: string;
  readonly url?: string;
  rawBody?: Buffer;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

type Middleware = (request: IncomingBody, response: unknown, next: (error?: Error) => void) => void;

/** What this file uses of Nest's HTTP adapters. */
interface BodyParsing {
  getType?: () => string;
  use?: (middleware: Middleware) => unknown;
  registerParserMiddleware?: (prefix?: string, rawBody?: boolean) => unknown;
}

/** Whether the application keeps raw bodies; `undefined` when Nest's own parser is not used: then the first request has to show it. */
export type RawBodyWatch = () => boolean | undefined;

/**
 * Learns whether the host enabled `rawBody`, and puts the webhook's own reader before the host's parser: what is no JSON has to reach
 * the guard too, and nobody outside may learn from an answer what the parser thought of it. Nest speaks of both to its adapter alone,
 * when the application starts, so the adapter's method is listened to.
 */
export function watchRawBody(host: HttpAdapterHost, path: string | false, maxBytes: number): RawBodyWatch {
  let kept: boolean | undefined;
  const watch = (): void => {
    const adapter = host.httpAdapter as unknown as BodyParsing;
    const register = adapter.registerParserMiddleware;
    if (!register) return;
    adapter.registerParserMiddleware = (prefix, rawBody) => {
      kept = rawBody === true;
      if (path !== false && kept && adapter.getType?.() === 'express') adapter.use?.(readerOf(path, maxBytes));
      return register.call(adapter, prefix, rawBody);
    };
  };
  // Under Nest's testing module the adapter arrives after the providers.
  if ((host.httpAdapter as unknown) !== undefined) watch();
  else host.init$.subscribe(watch);
  return () => kept;
}

/** Reads the webhook's bodies to their end, after which the parsers pass them over. Of one that is too large it keeps just enough to tell. */
function readerOf(path: string, maxBytes: number): Middleware {
  const ending = `/${path.replace(/^\/+|\/+$/g, '')}`;
  return (request, _response, next) => {
    const pathname = (request.url ?? '').split('?')[0]?.replace(/\/+$/, '') ?? '';
    if (request.method !== 'POST' || !pathname.endsWith(ending)) {
      next();
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk) => {
      if (size <= maxBytes) chunks.push(chunk);
      size += chunk.length;
    });
    request.on('error', next);
    request.on('end', () => {
      request.rawBody = Buffer.concat(chunks);
      next();
    });
  };
}
