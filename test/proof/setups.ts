import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeWithPostgres, describeWithRedisProgram, TestRedis } from '../services.js';
import type { HostSettings } from './host/settings.js';
import type { Stage } from './stage.js';

/** What a process is told of its database and its dispatcher. */
export type SettingsOf = (stage: Stage) => Partial<HostSettings>;

/** The same suite on SQLite in process, and on PostgreSQL over each queue. */
export function describeOnEachSetup(name: string, suite: (settingsOf: SettingsOf) => void): void {
  describe(`${name} on SQLite, in process`, () => suite((stage) => ({ database: stage.sqlite })));

  describeWithRedisProgram(name, () => {
    let redis: TestRedis;
    beforeAll(async () => {
      redis = await TestRedis.start();
    });
    afterAll(() => redis.stop());

    for (const dispatch of ['bull', 'bullmq'] as const)
      describeWithPostgres(`on PostgreSQL, over ${dispatch}`, ({ url }) => {
        suite(() => ({ database: { type: 'postgres', url }, dispatch, redisUrl: `redis://127.0.0.1:${redis.port}` }));
      });
  });
}

/** The same suite on PostgreSQL with each dispatcher, for processes that run beside each other. */
export function describeOnEachDispatcher(name: string, suite: (settingsOf: SettingsOf) => void): void {
  describeWithPostgres(`${name} in process`, ({ url }) => suite(() => ({ database: { type: 'postgres', url } })));

  describeWithRedisProgram(name, () => {
    let redis: TestRedis;
    beforeAll(async () => {
      redis = await TestRedis.start();
    });
    afterAll(() => redis.stop());

    for (const dispatch of ['bull', 'bullmq'] as const)
      describeWithPostgres(`over ${dispatch}`, ({ url }) => {
        suite(() => ({ database: { type: 'postgres', url }, dispatch, redisUrl: `redis://127.0.0.1:${redis.port}` }));
      });
  });
}
