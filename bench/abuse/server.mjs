/**
 * A server that answers every forged delivery 401, in a process of its own. Arguments: variant, platform. `ours` is the
 * module, from what is built; `bare` reads the body and computes one HMAC of it, and takes what is truly signed;
 * `reads` reads the body and nothing more. Says when asked what it has used.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Controller, Module, Post, UnauthorizedException, UseGuards } from '@nestjs/common';
import { adapterOf, hostOf, nobodyWorks, serve } from '../application.mjs';
import { secret } from '../signed.mjs';
import { largest, path } from './deliveries.mjs';
import { LiveController, watchedLoop } from './loop.mjs';

const [variant = '', platform = ''] = process.argv.slice(2);
/** Moved on by its parent, so that another minute begins. */
let shift = 0;

const clock = { provide: Symbol.for('nestjs-exdata:clock'), useValue: { now: () => Date.now() + shift, after: timer } };
const database = { type: /** @type {const} */ ('better-sqlite3'), database: ':memory:' };

/** @param {number} ms @param {() => void} run */
function timer(ms, run) {
  const handle = setTimeout(run, ms);
  return () => clearTimeout(handle);
}

class RefusingGuard {
  /** @param {import('@nestjs/common').ExecutionContext} context */
  canActivate(context) {
    const { body, headers } = context.switchToHttp().getRequest();
    const given = Buffer.from(String(headers['x-signature']), 'hex');
    if (variant === 'bare' && timingSafeEqual(given, createHmac('sha256', secret).update(body).digest())) return true;
    throw new UnauthorizedException();
  }
}
class PeerController {
  take() {
    return undefined;
  }
}
Post()(PeerController.prototype, 'take', Object.getOwnPropertyDescriptor(PeerController.prototype, 'take') ?? {});
UseGuards(RefusingGuard)(PeerController);
Controller(path)(PeerController);
class PeerModule {}
Module({ controllers: [PeerController, LiveController] })(PeerModule);

/** @typedef {(request: unknown, body: Buffer, done: (error: null, body: Buffer) => void) => void} Parse */

/**
 * As hosts read a body whole: the chunks, put together at the end. @type {(request: any, response: unknown, next: () =>
 * void) => void}
 */
function readWhole(request, _response, next) {
  /** @type {Buffer[]} */
  const chunks = [];
  request.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
  request.on('end', () => {
    request.body = Buffer.concat(chunks);
    next();
  });
}

const adapter = await adapterOf(platform);
const isOurs = variant === 'ours';
if (!isOurs && platform === 'fastify') {
  /** @type {{ addContentTypeParser: (type: string, options: object, parse: Parse) => unknown }} */
  const fastify = adapter.getInstance();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: largest }, (_request, body, done) =>
    done(null, body),
  );
}
const root = isOurs
  ? hostOf(database, { ...nobodyWorks, providers: [...(nobodyWorks.providers ?? []), clock] })
  : PeerModule;
// The module reads its bodies itself; a parser of JSON would cost the peers and gain them nothing.
const create = { bodyParser: false, logger: /** @type {('error' | 'warn')[]} */ (['error', 'warn']) };
await serve(root, adapter, { path, create }, (app) => {
  if (!isOurs && platform === 'express') app.use(readWhole);
  return {
    /** Microseconds of CPU. */
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    /** The resident set in bytes, now and at its highest. */
    memory: () => ({ now: process.memoryUsage.rss(), highest: process.resourceUsage().maxRSS * 1024 }),
    skip: () => (shift += 60_000),
    ...watchedLoop(),
  };
});
