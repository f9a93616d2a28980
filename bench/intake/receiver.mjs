/** A receiver in a process of its own. */
import { Child } from '../child.mjs';

/**
 * @typedef {'nothing' | 'save' | 'single' | 'ours'} Variant
 * @typedef {'express' | 'fastify'} Platform
 * @typedef {{ url: string, stop: () => Promise<void> }} Receiver
 */

/**
 * @param {Variant} variant
 * @param {Platform} platform
 * @param {string} database
 * @returns {Promise<Receiver>}
 */
export async function startReceiver(variant, platform, database) {
  const child = await Child.start(new URL('server.mjs', import.meta.url), [variant, platform, database]);
  return { url: child.url.href, stop: () => child.stop() };
}
