import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSourceOptions } from 'typeorm';
import { z } from 'zod';
import { compileProgram } from '../compiled-program.js';
import type { CompiledProgram } from '../compiled-program.js';
import { describeWithPostgres, describeWithRedisProgram, TestRedis } from '../services.js';
import type { Order } from './program.js';
import type { TenantsHostOptions } from './tenants-host.js';

const findings = z.object({
  strangers: z.array(z.unknown()),
  places: z.array(z.string()),
  spans: z.number(),
  spansWithParent: z.number(),
});

// In a process of its own: nestjs-cls is CommonJS, and Jest lets no such module have Nest's ES modules.
let program: CompiledProgram;
beforeAll(async () => {
  const others = [
    'test/contexts/scenarios.ts',
    'test/contexts/tenants.ts',
    'test/contexts/tenants-host.ts',
    'test/until.ts',
  ];
  program = await compileProgram('test/contexts/program.ts', others);
}, 480_000);
afterAll(() => program.remove());

async function seen(order: Order): Promise<z.output<typeof findings>> {
  const { stdout } = await promisify(execFile)(process.execPath, [program.file, JSON.stringify(order)], {
    timeout: 110_000,
  });
  return findings.parse(JSON.parse(stdout));
}

describe('on SQLite', () => {
  contexts('Express', undefined);
});
describeWithPostgres('on PostgreSQL', ({ url }) => {
  contexts('Fastify', { type: 'postgres', url });
});

function contexts(platform: TenantsHostOptions['platform'], database: DataSourceOptions | undefined): void {
  const itStartsAfresh = (dispatcher: TenantsHostOptions['dispatcher']): void => {
    it(`${dispatcher}: 60 documents, each submitted and told of in a request with a tenant of its own, are worked on without any`, async () => {
      const redis = dispatcher === 'in process' ? undefined : await TestRedis.start();
      try {
        const { strangers, places, spans, spansWithParent } = await seen({
          scenario: 'afresh',
          options: { platform, dispatcher, database, redisPort: redis?.port },
        });
        expect(strangers).toEqual([]);
        for (const place of ['document handler', 'delivery handler', 'alerts', 'file reader', 'file', 'event'])
          expect(places).toContain(place);
        for (const place of ['spool open', 'spool erase', 'spool clean', 'token', 'webhook secrets'])
          expect(places).toContain(place);
        expect(spans).toBeGreaterThanOrEqual(3 * 60);
        expect(spansWithParent).toBe(0);
      } finally {
        await redis?.stop();
      }
    });
  };

  itStartsAfresh('in process');
  describeWithRedisProgram('over queues', () => {
    itStartsAfresh('bull');
    itStartsAfresh('bullmq');
  });

  it('what a person asks for in a request (resubmit, replay, release of a hold) is worked on outside it', async () => {
    const { strangers, places } = await seen({
      scenario: 'askedFor',
      options: { platform, dispatcher: 'in process', database, redisPort: undefined },
    });
    expect(strangers).toEqual([]);
    expect(places).toContain('document handler');
  });
}
