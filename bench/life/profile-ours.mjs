/**
 * Profiles ours instead of measuring it: on PostgreSQL and on SQLite in process, unless `BENCH_CONTESTANTS` says
 * otherwise.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Contestant, kinds } from './contestant.mjs';
import { startRedis } from './redis.mjs';
import { size, wanted, warmUp } from './sizes.mjs';

/** @param {string} folder @returns {Promise<never[]>} no figures: a profiler costs time */
export async function profileOurs(folder) {
  await mkdir(folder, { recursive: true });
  const names = wanted(
    process.env.BENCH_CONTESTANTS === undefined ? ['in process', 'sqlite'] : ['in process', 'sqlite', 'bull', 'bullmq'],
  );
  const redis = names.some((name) => kinds[name].needsRedis) ? await startRedis() : undefined;
  for (const name of names) {
    const profile = path.resolve(folder, `life-${name.replaceAll(' ', '-')}`);
    const contestant = await Contestant.start(name, { processingMs: 0, redisPort: redis?.port, profile });
    await contestant.live(warmUp);
    await contestant.live(size);
    await contestant.stop();
    console.error(`${profile}.cpuprofile and ${profile}.txt`);
  }
  await redis?.stop();
  return [];
}
