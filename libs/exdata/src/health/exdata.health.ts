import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import type { DataSource } from 'typeorm';
import { EXDATA_DATA_SOURCE, WorkService } from '../dispatch/index.js';
import { ExdataDelivery } from '../webhooks/index.js';

const limitMs = 1_000;

/** Tells Terminus how the module is. Never throws, and answers within a second. */
@Injectable()
export class ExdataHealthIndicator {
  constructor(
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(WorkService) private readonly work: WorkService,
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
  ) {}

  /** For a startup probe: the workers have started. */
  isStarted(key = 'exdata'): HealthIndicatorResult {
    const session = this.indicators.check(key);
    return this.work.running ? session.up() : session.down({ reason: 'the workers have not started, or have been stopped' });
  }

  /** For a readiness probe: the workers run, and deliveries can be stored. Down as soon as shutdown begins. */
  async isHealthy(key = 'exdata'): Promise<HealthIndicatorResult> {
    const session = this.indicators.check(key);
    if (!this.work.running) return this.isStarted(key);
    const reason = await Promise.race([this.#inboxFault(), late()]);
    return reason === null ? session.up() : session.down({ reason });
  }

  async #inboxFault(): Promise<string | null> {
    try {
      await this.dataSource.manager.existsBy(ExdataDelivery, { id: '-' });
      return null;
    } catch {
      return 'the inbox cannot be read';
    }
  }
}

function late(): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, limitMs, `the inbox did not answer within ${String(limitMs)} ms`).unref());
}
