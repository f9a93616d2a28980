import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExdataWebhookRefusal } from '../webhook-refusal.js';
import { isCrowd } from './body-keeping.js';
import type { BodyKeeping } from './body-keeping.js';
import { forgetBody, holdBody } from './held-bodies.js';
import type { WebhookRoutes } from './webhook-routes.js';

type ExpressRequest = IncomingMessage & { readonly path: string; rawBody?: Buffer | undefined };
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

/**
 * The parser that the host has put before Nest, on an Express application of its own; it would take the bodies first.
 */
export function parserBefore(instance: unknown): string | undefined {
  return (instance as ExpressApplication).router?.stack?.find(({ name }) => name !== undefined && parsers.has(name))
    ?.name;
}

/** Reads the webhook's bodies in a middleware before the host's; parsers pass over what has been read. */
export function keepBodiesOnExpress(express: ExpressLike, routes: WebhookRoutes, { reader, door }: BodyKeeping): void {
  express.use((request, response, next) => {
    // A body that another middleware has begun would never end here.
    if (request.method !== 'POST' || request.readableDidRead || !routes.lead(request.path)) {
      next();
      return;
    }
    reader
      .read(request, request.headers)
      .then((read) => {
        if (read === null) {
          door.hungUp();
        } else if (typeof read === 'string') {
          const refusal = door.turnAway(request, read, (name, value) => response.setHeader(name, value));
          // The filters of the host would take more for each of a crowd than all of it may hold.
          if (isCrowd(read)) answer(response, refusal);
          else next(refusal.toAnswer());
        } else {
          holdBody(request, read);
          response.once('close', () => forgetBody(request));
          next();
        }
      })
      .catch(next);
  });
}

function answer(response: ServerResponse, { status, body }: ExdataWebhookRefusal): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(body));
}
