import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { BodyKeeping } from './body-keeping.js';
import { forgetBody, holdBody } from './held-bodies.js';
import type { RouteOfFastify, WebhookRoutes } from './webhook-routes.js';

interface FastifyRequest extends RouteOfFastify {
  headers: IncomingHttpHeaders;
  rawBody?: Buffer | undefined;
}
interface FastifyReply {
  header: (name: string, value: string) => unknown;
  readonly raw: Pick<ServerResponse, 'once'>;
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
  addHook(
    name: 'preValidation',
    hook: (request: FastifyRequest, reply: FastifyReply, done: () => void) => void,
  ): unknown;
}

/** A request without these has no body to parse (Fastify docs: Content-Type Parser). */
const withoutBody: IncomingHttpHeaders = {
  'content-type': undefined,
  'content-length': undefined,
  'transfer-encoding': undefined,
};

/** Reads the webhook's bodies before Fastify's content type parsers, and hides from these that there was one. */
export function keepBodiesOnFastify(fastify: FastifyLike, routes: WebhookRoutes, { reader, door }: BodyKeeping): void {
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (!routes.take(request) || payload.readableDidRead) {
      done(null, payload);
      return;
    }
    reader
      .read(payload, request.headers)
      .then((read) => {
        if (read === null) {
          door.hungUp();
        } else if (typeof read === 'string') {
          done(door.turnAway(request, read, (name, value) => reply.header(name, value)).toAnswer());
        } else {
          holdBody(request, read);
          reply.raw.once('close', () => forgetBody(request));
          request.headers = withoutBody;
          done(null, payload);
        }
      })
      .catch(done);
  });

  fastify.addHook('preValidation', (request, _reply, done) => {
    // What is set here is laid over the headers that came.
    if (routes.take(request)) request.headers = {};
    done();
  });
}
