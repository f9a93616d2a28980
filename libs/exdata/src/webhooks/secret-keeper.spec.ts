import { expect, it } from '@jest/globals';
import { TestClock } from '../../../../test/dispatch/test-clock.js';
import { ExdataLog } from '../telemetry/index.js';
import { SecretKeeper } from './secret-keeper.js';

const ours = { id: 'ours', secret: 'ours of good length for tests' };
const next = { id: 'next', secret: 'next of good length for tests' };

it('[C3] asks for secrets again though the clock was set back', async () => {
  const clock = new TestClock();
  let secrets = [ours];
  const accounts = [{ name: 'default', webhookSecrets: () => Promise.resolve(secrets) }];
  const keeper = await SecretKeeper.open(accounts, clock, new ExdataLog());
  secrets = [next];
  clock.setBack(3_600_000);
  expect(await keeper.afterMiss('default')).toEqual([next]);
  secrets = [ours];
  clock.setBack(3_600_000);
  keeper.of('default');
  // What that set off has ended.
  await new Promise((resolve) => setImmediate(resolve));
  expect(keeper.of('default')).toEqual([ours]);
});
