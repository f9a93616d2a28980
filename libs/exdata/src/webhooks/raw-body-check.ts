import type { HttpAdapterHost } from '@nestjs/core';

export const missingRawBody =
  "the webhook's signature covers the raw bytes of the body, and this application does not keep them. Create it with NestFactory.create(AppModule, { rawBody: true })";

/** What this file uses of Nest's HTTP adapters. */
interface BodyParsing {
  registerParserMiddleware?: (prefix?: string, rawBody?: boolean) => unknown;
}

/**
 * Learns whether the host enabled `rawBody`. Nest tells its adapter alone, when the application starts, so the adapter's
 * method is listened to. `undefined` when Nest's own parser is not used: then the first request has to show it.
 */
export function watchRawBody(host: HttpAdapterHost): () => boolean | undefined {
  let kept: boolean | undefined;
  const watch = (): void => {
    const adapter = host.httpAdapter as unknown as BodyParsing;
    const register = adapter.registerParserMiddleware;
    if (!register) return;
    adapter.registerParserMiddleware = (prefix, rawBody) => {
      kept = rawBody === true;
      return register.call(adapter, prefix, rawBody);
    };
  };
  // Under Nest's testing module the adapter arrives after the providers.
  if ((host.httpAdapter as unknown) !== undefined) watch();
  else host.init$.subscribe(watch);
  return () => kept;
}
