import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { DataSource } from 'typeorm';
import { TestRedis } from '../services.js';
import { Chore } from './chores.js';
import { Site } from './site.js';
import type { DispatcherKind, SiteOptions } from './site.js';

/** What a suite over one kind of dispatcher works with; each test has an empty database and an empty Redis. */
export class Stage {
  #redis: TestRedis | undefined;
  #source: DataSource | undefined;
  #sites: Site[] = [];

  /** Sets the hooks of the suite that it is called in. */
  constructor(private readonly kind: DispatcherKind) {
    if (kind !== 'in process') {
      beforeAll(async () => {
        this.#redis = await TestRedis.start();
      });
      beforeEach(async () => {
        await this.redis.start();
        await this.redis.command('FLUSHALL');
      });
      afterAll(() => this.redis.stop());
    }
    beforeEach(async () => {
      const database = new DataSource({
        type: 'better-sqlite3',
        database: ':memory:',
        entities: [Chore],
        synchronize: true,
      });
      this.#source = await database.initialize();
    });
    afterEach(async () => {
      await Promise.all(this.#sites.map((site) => site.stop()));
      this.#sites = [];
      await this.source.destroy();
    });
  }

  get redis(): TestRedis {
    if (!this.#redis) throw new Error('no Redis has been started');
    return this.#redis;
  }

  get source(): DataSource {
    if (!this.#source) throw new Error('no test has begun');
    return this.#source;
  }

  /** A process whose workers have not started; stopped after the test. */
  async build(options: Partial<SiteOptions> = {}): Promise<Site> {
    const site = await Site.build({ source: this.source, kind: this.kind, redis: this.#redis, ...options });
    this.#sites.push(site);
    return site;
  }

  async start(options?: Partial<SiteOptions>): Promise<Site> {
    const site = await this.build(options);
    await site.service.start();
    return site;
  }

  /** Whether no row is open any more. */
  async allOver(): Promise<boolean> {
    return !(await this.source.manager.existsBy(Chore, { state: 'open' }));
  }
}
