import { Injectable } from '@nestjs/common';
import type { InjectionToken } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { HealthIndicatorService } from '@nestjs/terminus';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import type { DataSource } from 'typeorm';
import { EXDATA_DATA_SOURCE, FaultBook, WorkService } from '../dispatch/index.js';
import { Inject } from '../injection/index.js';
import { SpoolProbe } from '../uploads/index.js';
import { ExdataDelivery } from '../webhooks/index.js';

const limitMs = 1_000;

/** Why requests should go elsewhere: a word of ours, and the same as a sentence. */
interface Reason {
  readonly code: 'not_running' | 'database_unavailable' | 'spool_failed';
  readonly reason: string;
}

/**
 * Tells Terminus how the module is, in words of its own. Never throws, and answers within a second. What stands in the
 * way of work without making this process useless to whoever sends (Redis or exdata away, handlers that fail, ...) is a
 * detail, `faults`, and takes nothing out of rotation.
 */
@Injectable()
export class ExdataHealthIndicator {
  constructor(
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
  ) {}

  /** For a startup probe: the workers have started. */
  isStarted(key = 'exdata'): HealthIndicatorResult {
    const session = this.indicators.check(key);
    return this.#work.running ? session.up() : session.down({ ...notRunning });
  }

  /**
   * For a readiness probe: the workers run, and uploads and deliveries can be stored. Down as soon as shutdown begins.
   */
  async isHealthy(key = 'exdata'): Promise<HealthIndicatorResult> {
    const session = this.indicators.check(key);
    if (!this.#work.running) return this.isStarted(key);
    const [database, spool] = await Promise.all([
      inTime(this.#databaseFault(), late.database),
      inTime(this.#spoolFault(), late.spool),
    ]);
    const reason = database ?? spool;
    const faults = this.#faults();
    const detail: { faults?: object[] } = faults.length > 0 ? { faults } : {};
    return reason === null ? session.up<{ faults?: object[] }>(detail) : session.down({ ...reason, ...detail });
  }

  get #work(): WorkService {
    return this.#ofExdata(WorkService);
  }

  /** What the application's one ExdataModule provides, wherever that is imported, and whether or not it is global. */
  #ofExdata<T>(token: InjectionToken<T>): T {
    return this.modules.get<T>(token, { strict: false });
  }

  #faults(): object[] {
    return [...this.#ofExdata(FaultBook).standing(), ...this.#work.faults()].map(({ kind, since, last, count }) => {
      return { kind, since: new Date(since).toISOString(), last: new Date(last).toISOString(), count };
    });
  }

  async #databaseFault(): Promise<Reason | null> {
    try {
      await this.#ofExdata<DataSource>(EXDATA_DATA_SOURCE).manager.existsBy(ExdataDelivery, { id: '-' });
      return null;
    } catch {
      return { code: 'database_unavailable', reason: 'the inbox cannot be read' };
    }
  }

  async #spoolFault(): Promise<Reason | null> {
    return (await this.#ofExdata(SpoolProbe).isWritable())
      ? null
      : { code: 'spool_failed', reason: 'the spool cannot be written' };
  }
}

const notRunning: Reason = { code: 'not_running', reason: 'the workers have not started, or have been stopped' };

const late = {
  database: { code: 'database_unavailable', reason: `the inbox did not answer within ${String(limitMs)} ms` },
  spool: { code: 'spool_failed', reason: `the spool did not answer within ${String(limitMs)} ms` },
} as const;

/** What is not found out in time is no good either. */
function inTime(looking: Promise<Reason | null>, otherwise: Reason): Promise<Reason | null> {
  return Promise.race([looking, new Promise<Reason>((resolve) => setTimeout(resolve, limitMs, otherwise).unref())]);
}
