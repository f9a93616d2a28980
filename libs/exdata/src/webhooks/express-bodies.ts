import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './body-reader.js';
import type { BodyKeeping } from './raw-body.js';
import type { WebhookRoutes } from './webhook-routes.js';

type ExpressRequest = IncomingMessage & { readonly path: string; rawBody?: Buffer };
type Middleware = (request: ExpressRequest, response: ServerResponse, next: (error?: Error) => void) => void;

/** What is used of Nest's adapter for Express. */
export interface ExpressLike {
  use: (middleware: Middleware) => unknown;
}

interface ExpressApplication {
  readonly router?: { readonly stack?: readonly { readonly name?: string }[] };
}

/** Names of Express's own parsers. */
const parsers = new Set(['jsonParser', 'urlencodedParser', 'rawParser', 'textParser']);

/** The parser that the host has put before Nest, on an Express application of its own; it would take the bodies first. */
export function parserBefore(instance: unknown): string | undefined {
  return (instance as ExpressApplication).router?.stack?.find(({ name }) => name !== undefined && parsers.has(name))?.name;
}

/** Reads the webhook's bodies in a middleware before the host's; parsers pass over what has been read. */
export function keepBodiesOnExpress(express: ExpressLike, routes: WebhookRoutes, { limits, clock, refusals }: BodyKeeping): void {
  express.use((request, response, next) => {
    // A body that another middleware has begun would never end here.
    if (request.method !== 'POST' || request.readableDidRead || !routes.lead(request.path)) {
      next();
      return;
    }
    readBody(request, limits, clock)
      .then((body) => {
        if (body === null) {
          refusals.hungUp();
        } else if (typeof body === 'string') {
          response.setHeader('Connection', 'close');
          next(refusals.atTheDoor(body));
        } else {
          request.rawBody = body;
          next();
        }
      })
      .catch(next);
  });
}
