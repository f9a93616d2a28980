import { Reflector } from '@nestjs/core';
import type { HttpAdapterHost } from '@nestjs/core';
import { token } from '../../injection/index.js';
import { watchAnswersOnExpress, watchAnswersOnFastify } from '../answers/watch-answers.js';
import type { BodyKeeping } from './body-keeping.js';
import { keepBodiesOnExpress, parserBefore } from './express-bodies.js';
import type { ExpressLike } from './express-bodies.js';
import { keepBodiesOnFastify } from './fastify-bodies.js';
import type { FastifyLike } from './fastify-bodies.js';
import { webhookRoute, WebhookRoutes } from './webhook-routes.js';

export const missingRawBody =
  "the webhook's signature covers the raw bytes of the body, and this application does not keep them. Create it with NestFactory.create(AppModule, { rawBody: true }), on Fastify with NestFactory.create(AppModule, new FastifyAdapter(), { rawBody: true })";

const parserFirst =
  'this parser was put on Express before Nest, and takes the bodies that the webhook has to see as they came. Put it there with app.use() after NestFactory.create(), or have it keep them: json({ verify: (request, _response, body) => { request.rawBody = body; } })';

/** What this file uses of Nest's HTTP adapters. */
interface HttpAdapter extends ExpressLike {
  getType?: () => string;
  getInstance: () => unknown;
  registerParserMiddleware?: (prefix?: string, rawBody?: boolean) => unknown;
  post: (...args: unknown[]) => unknown;
}

/** What the module learns of its application's HTTP side while that is set up. */
export interface HttpWatch {
  /**
   * Whether the application keeps raw bodies; `undefined` when Nest's own parser is not used: then the webhook's own
   * reader is all there is.
   */
  keepsRawBody(): boolean | undefined;
  /** Where the webhook can be reached, with the host's prefix; empty where it has no route. */
  webhookPaths(): readonly string[];
}

export const EXDATA_HTTP_WATCH = token<HttpWatch>('http-watch');

/**
 * Learns whether the host enabled `rawBody`, and puts the webhook's own reader before the host's parsers, whatever
 * these are: limits are the webhook's own, what is no JSON reaches the guard too, and nothing is parsed that is not
 * verified. Nest speaks of its parser and of the routes to its adapter alone, so the adapter's methods are listened to.
 */
export function watchHttp(host: HttpAdapterHost, path: string | false, keeping: BodyKeeping): HttpWatch {
  let kept: boolean | undefined;
  let routes: WebhookRoutes | undefined;
  const watch = (): void => {
    const adapter = host.httpAdapter as unknown as HttpAdapter | null;
    // A process that only works has none.
    if (!adapter) return;
    const register = adapter.registerParserMiddleware?.bind(adapter);
    if (register) {
      adapter.registerParserMiddleware = (prefix, rawBody) => {
        kept = rawBody === true;
        return register(prefix, rawBody);
      };
    }
    if (path === false) return;
    routes = routesOf(adapter, path);
    keepBodies(adapter, routes, keeping);
  };
  // Under Nest's testing module the adapter arrives after the providers.
  if ((host.httpAdapter as unknown) !== undefined) watch();
  else host.init$.subscribe(watch);
  return { keepsRawBody: () => kept, webhookPaths: () => routes?.paths ?? [] };
}

/** The routes of the controller with this path, filled as Nest binds them. */
function routesOf(adapter: HttpAdapter, path: string): WebhookRoutes {
  const routes = new WebhookRoutes();
  const reflector = new Reflector();
  const bind = adapter.post.bind(adapter);
  adapter.post = (...args) => {
    const [bound, handler] = args;
    if (
      typeof bound === 'string' &&
      typeof handler === 'function' &&
      reflector.get<unknown>(webhookRoute, handler) === path
    )
      routes.learn(bound);
    return bind(...args);
  };
  return routes;
}

/** Other platforms than Nest's two are left to their own parser, with `rawBody`. */
function keepBodies(adapter: HttpAdapter, routes: WebhookRoutes, keeping: BodyKeeping): void {
  if (adapter.getType?.() === 'express') {
    const parser = parserBefore(adapter.getInstance());
    if (parser !== undefined) keeping.log.error('webhook.parser_first', {}, { parser, fix: parserFirst });
    watchAnswersOnExpress(adapter, routes, keeping.answers);
    keepBodiesOnExpress(adapter, routes, keeping);
  }
  if (adapter.getType?.() === 'fastify') {
    const fastify = adapter.getInstance() as FastifyLike & Parameters<typeof watchAnswersOnFastify>[0];
    watchAnswersOnFastify(fastify, routes, keeping.answers);
    keepBodiesOnFastify(fastify, routes, keeping);
  }
}
