import process from 'node:process';
import { it } from '@jest/globals';
import fc from 'fast-check';
import { checkEnding } from './interleavings/ending.js';
import { interleaving } from './interleavings/step.js';
import { World } from './interleavings/world.js';
import { patienceMs } from '../until.js';

/**
 * EXDATA_PROOF_RUNS: how many interleavings are tried. EXDATA_PROOF_SEED: those of an earlier run, EXDATA_PROOF_PATH:
 * the one of them that failed.
 */
const { EXDATA_PROOF_RUNS: runs = '25', EXDATA_PROOF_SEED: seed, EXDATA_PROOF_PATH: path } = process.env;

it(
  '[U1 U2 U3] any interleaving of answers, webhooks, polls, retries and crashes ends in a state that the table allows, with one document per generation',
  async () => {
    await fc.assert(
      fc.asyncProperty(interleaving, async (steps) => {
        const world = await World.open();
        try {
          await world.run(steps);
          await world.rest();
          await checkEnding(world.host, world.deaths);
        } finally {
          await world.close();
        }
      }),
      // What failed once among real sockets need not fail again: the steps are told as they were, not made fewer.
      {
        numRuns: Number(runs),
        endOnFailure: true,
        ...(seed !== undefined && { seed: Number(seed) }),
        ...(path !== undefined && { path }),
      },
    );
  },
  patienceMs + Number(runs) * 60_000,
);
