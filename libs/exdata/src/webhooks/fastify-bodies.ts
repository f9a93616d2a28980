import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { readBody } from './body-reader.js';
import type { BodyKeeping } from './raw-body.js';
import type { WebhookRoutes } from './webhook-routes.js';

interface FastifyRequest {
  readonly method: string;
  readonly routeOptions?: { readonly url?: string };
  headers: IncomingHttpHeaders;
  rawBody?: Buffer;
}
interface FastifyReply {
  header: (name: string, value: string) => unknown;
}

/** What is used of a Fastify server. */
export interface FastifyLike {
  addHook(
    name: 'preParsing',
    hook: (
      request: FastifyRequest,
      reply: FastifyReply,
      payload: Readable,
      done: (error: Error | null, payload?: Readable) => void,
    ) => void,
  ): unknown;
  addHook(name: 'preValidation', hook: (request: FastifyRequest, reply: FastifyReply, done: () => void) => void): unknown;
}

/** A request without these has no body to parse (Fastify docs: Content-Type Parser). */
const withoutBody: IncomingHttpHeaders = { 'content-type': undefined, 'content-length': undefined, 'transfer-encoding': undefined };

/** Reads the webhook's bodies before Fastify's content type parsers, and hides from these that there was one. */
export function keepBodiesOnFastify(fastify: FastifyLike, routes: WebhookRoutes, { limits, clock, refusals }: BodyKeeping): void {
  const isWebhook = ({ method, routeOptions }: FastifyRequest): boolean => method === 'POST' && routes.has(routeOptions?.url);

  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (!isWebhook(request) || payload.readableDidRead) {
      done(null, payload);
      return;
    }
    readBody(payload, limits, clock)
      .then((body) => {
        if (body === null) {
          refusals.hungUp();
        } else if (typeof body === 'string') {
          reply.header('Connection', 'close');
          done(refusals.atTheDoor(body));
        } else {
          request.rawBody = body;
          request.headers = withoutBody;
          done(null, payload);
        }
      })
      .catch(done);
  });

  fastify.addHook('preValidation', (request, _reply, done) => {
    // What is set here is laid over the headers that came.
    if (isWebhook(request)) request.headers = {};
    done();
  });
}
