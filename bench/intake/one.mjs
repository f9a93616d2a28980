/**
 * One process: ours beside the same application storing nothing, saving by the repository, and inserting each delivery
 * by itself.
 */
import { figure } from './figure.mjs';
import { startReceiver } from './receiver.mjs';
import { compete } from './rounds.mjs';

const variants = /** @type {const} */ (['nothing', 'save', 'single', 'ours']);
const goals = { express: { ofNothing: 0.85, ofSave: 5, p99: 1.3 }, fastify: { ofNothing: 0.65 } };

/**
 * @param {import('./database.mjs').Database} database
 * @returns {Promise<import('./figure.mjs').Figure[]>}
 */
export async function measureOne(database) {
  return [...(await measureOn('express', database)), ...(await measureOn('fastify', database))];
}

/**
 * @param {import('./receiver.mjs').Platform} platform
 * @param {import('./database.mjs').Database} database
 */
async function measureOn(platform, database) {
  const receivers = [];
  for (const variant of variants)
    receivers.push({ variant, ...(await startReceiver(variant, platform, database.url)) });
  try {
    const results = await compete(
      receivers.map(({ variant, url }) => ({
        name: `${platform}, ${variant}`,
        urls: [url],
        database,
        stores: variant !== 'nothing',
      })),
    );
    const of = (/** @type {import('./receiver.mjs').Variant} */ variant) => {
      const found = results.get(`${platform}, ${variant}`);
      if (!found) throw new Error(`no result of ${variant}`);
      return found;
    };
    const [nothing, save, single, ours] = [of('nothing'), of('save'), of('single'), of('ours')];
    const goal = { ofSave: 1, p99: Infinity, ...goals[platform] };
    const rate = (/** @type {string} */ peer) => ({
      bench: `intake: ${platform}, beside ${peer}`,
      unit: '1/s',
      ours: ours.perSecond,
    });
    const time = (/** @type {string} */ part) => ({
      bench: `intake: ${platform}, ${part} beside storing nothing`,
      unit: 'ms',
    });
    return [
      figure({ ...rate('storing nothing'), peer: nothing.perSecond, least: goal.ofNothing }),
      figure({ ...rate('repository.save'), peer: save.perSecond, least: goal.ofSave }),
      // What the application could reach with an intake that costs nothing.
      figure({
        ...rate('repository.save'),
        bench: `intake: ${platform}, storing nothing beside repository.save`,
        ours: nothing.perSecond,
        peer: save.perSecond,
      }),
      figure({ ...rate('an insert for each'), peer: single.perSecond, least: 1 }),
      figure({ ...time('p50'), ours: ours.p50, peer: nothing.p50 }),
      figure({ ...time('p99'), ours: ours.p99, peer: nothing.p99, most: goal.p99 }),
      figure({ ...time('p99.9'), ours: ours.p999, peer: nothing.p999 }),
    ];
  } finally {
    await Promise.all(receivers.map(({ stop }) => stop()));
  }
}
