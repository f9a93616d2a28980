/** The servers under attack, each in a process of its own. */
import { Child } from '../child.mjs';

/** @typedef {'ours' | 'bare' | 'reads'} Variant */
/** @typedef {'express' | 'fastify'} Platform */

/** One in which nobody works. @param {Variant} variant @param {Platform} platform @returns {Promise<Child>} */
export function startServer(variant, platform) {
  return Child.start(new URL('server.mjs', import.meta.url), [variant, platform]);
}
