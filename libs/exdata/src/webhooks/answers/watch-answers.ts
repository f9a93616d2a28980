import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteOfFastify, WebhookRoutes } from '../bodies/webhook-routes.js';
import type { AnswersOfOthers } from './answers-of-others.js';

type ExpressRequest = IncomingMessage & { readonly path: string };

/** What is used of Nest's adapter for Express. */
interface ExpressLike {
  use: (middleware: (request: ExpressRequest, response: ServerResponse, next: () => void) => void) => unknown;
}

/** What is used of a Fastify server. */
interface FastifyLike {
  addHook(
    name: 'onResponse',
    hook: (request: RouteOfFastify, reply: { readonly raw: ServerResponse }, done: () => void) => void,
  ): unknown;
}

/** Sees each answer on the webhook's route, whoever gives it; it has to come before the host's middleware. */
export function watchAnswersOnExpress(express: ExpressLike, routes: WebhookRoutes, answers: AnswersOfOthers): void {
  express.use((request, response, next) => {
    if (request.method === 'POST' && routes.lead(request.path) && isUrl(request.path))
      response.once('finish', () => answers.answered(request, response.statusCode));
    next();
  });
}

export function watchAnswersOnFastify(fastify: FastifyLike, routes: WebhookRoutes, answers: AnswersOfOthers): void {
  fastify.addHook('onResponse', (request, { raw }, done) => {
    // A connection that broke is no answer.
    if (raw.writableFinished && routes.take(request)) answers.answered(request, raw.statusCode);
    done();
  });
}

/** Express answers 400 to a stranger's broken escapes before any route. */
function isUrl(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
