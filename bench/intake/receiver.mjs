/** A receiver in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

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
  const script = fileURLToPath(new URL('server.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, variant, platform, database], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const url = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      said += text;
      const found = /listens at (\S+)/.exec(said);
      if (found) resolve(found[1]);
    });
    child.once('exit', (code) => reject(new Error(`${variant} on ${platform} ended with ${code}:\n${said}`)));
  });
  return {
    url,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
