import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Settings } from '../settings/settings.js';

/** As large as a body that is no file may be, in bytes: Express's own limit. */
const bodyLimit = 100 * 1024;
/** A source id of 200 characters, each percent-encoded from up to four bytes. */
const maxParamLength = 200 * 4 * 3;

/**
 * The platform that is asked for; the other one is not loaded. Fastify is set so that the demo's users cannot tell them
 * apart.
 */
export async function createHttpAdapter(adapter: Settings['http']['adapter']): Promise<AbstractHttpAdapter> {
  if (adapter === 'express') {
    const { ExpressAdapter } = await import('@nestjs/platform-express');
    const express = new ExpressAdapter();
    express.disable('x-powered-by');
    return express;
  }
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return new FastifyAdapter({
    bodyLimit,
    multipart: true,
    routerOptions: { maxParamLength, ignoreTrailingSlash: true },
  });
}
