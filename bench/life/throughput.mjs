/** Documents a second, and what each costs: the contestants take turns, and the median of the rounds counts. */
import { figure, median } from '../intake/figure.mjs';
import { Backends } from './backends.mjs';
import { Contestant, kinds } from './contestant.mjs';
import { startRedis } from './redis.mjs';
import { rounds, size, wanted, warmUp } from './sizes.mjs';

/**
 * @typedef {import('./contestant.mjs').Name} Name
 * @typedef {{ perSecond: number, application: number, postgres: number, simulator: number }} Run documents a second;
 * milliseconds of CPU a document
 */

/** @returns {Promise<import('../intake/figure.mjs').Figure[]>} */
export async function measureThroughput() {
  const names = wanted(/** @type {Name[]} */ (Object.keys(kinds)));
  const redis = names.some((name) => kinds[name].needsRedis) ? await startRedis() : undefined;
  /** @type {Map<Name, Run[]>} */
  const runs = new Map(names.map((name) => [name, []]));
  try {
    for (let round = 0; round < rounds; round++)
      for (const name of names) {
        const run = await runOf(name, redis?.port);
        console.error(`${name}: ${format(run)}`);
        runs.get(name)?.push(run);
      }
  } finally {
    await redis?.stop();
  }
  return figuresOf(new Map([...runs].map(([name, all]) => [name, middleOf(all)])));
}

/** @param {Name} name @param {number | undefined} redisPort @returns {Promise<Run>} */
async function runOf(name, redisPort) {
  const contestant = await Contestant.start(name, { processingMs: 0, redisPort });
  try {
    const { application, simulator, database } = contestant;
    await contestant.live(warmUp);
    await database?.settle();
    const backends = database && new Backends(database);
    await backends?.start();
    const before = [await application.cpu(), await simulator.cpu()];
    const started = performance.now();
    await contestant.live(size);
    const seconds = (performance.now() - started) / 1000;
    const after = [await application.cpu(), await simulator.cpu()];
    const each = (/** @type {number} */ micros) => micros / 1000 / size.documents;
    const used = (/** @type {number} */ at) => each((after[at] ?? 0) - (before[at] ?? 0));
    return {
      perSecond: size.documents / seconds,
      application: used(0),
      simulator: used(1),
      postgres: each((await backends?.stop()) ?? 0),
    };
  } finally {
    await contestant.stop();
  }
}

/** @param {ReadonlyMap<Name, Run>} runs */
function figuresOf(runs) {
  const ours = runs.get('in process');
  /** A figure of two contestants that both ran. @param {Name} name @param {Name} peer @param {number} [least] */
  const beside = (name, peer, least = 0) => {
    const [mine, other] = [runs.get(name), runs.get(peer)];
    const bench = `life: ${name}, beside ${peer}`;
    return mine && other ? [figure({ bench, unit: '1/s', ours: mine.perSecond, peer: other.perSecond, least })] : [];
  };
  return [
    ...beside('in process', 'pg-boss', 0.6),
    ...beside('in process', 'dbos', 1),
    ...(ours
      ? [
          figure({
            bench: 'life: in process, beside what is wanted',
            unit: '1/s',
            ours: ours.perSecond,
            peer: 60,
            least: 1,
          }),
          figure({
            bench: 'life: CPU of the application a document',
            unit: 'ms of CPU',
            ours: ours.application,
            peer: 12,
            most: 1,
          }),
          figure({
            bench: 'life: CPU of PostgreSQL a document',
            unit: 'ms of CPU',
            ours: ours.postgres,
            peer: 8,
            most: 1,
          }),
        ]
      : []),
    ...beside('bull', 'in process', 0.7),
    ...beside('bullmq', 'in process', 0.7),
    ...beside('sqlite', 'in process'),
  ];
}

/** @param {readonly Run[]} all @returns {Run} */
function middleOf(all) {
  const of = (/** @type {keyof Run} */ value) => median(all.map((run) => run[value]));
  return {
    perSecond: of('perSecond'),
    application: of('application'),
    postgres: of('postgres'),
    simulator: of('simulator'),
  };
}

/** @param {Run} run */
function format({ perSecond, application, postgres, simulator }) {
  const ms = (/** @type {number} */ value) => `${value.toFixed(1)} ms`;
  return `${perSecond.toFixed(1)}/s; CPU a document: application ${ms(application)}, PostgreSQL ${ms(postgres)}, simulator ${ms(simulator)}`;
}
