import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

const limitMs = 1_000;

/**
 * Whether the host's database answers, in words of ours: a driver's may hold addresses, names of users and statements.
 */
@Injectable()
export class DatabaseHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  async isHealthy(key: string): Promise<HealthIndicatorResult> {
    const session = this.indicators.check(key);
    const asked = this.dataSource.query('select 1').then(
      () => null,
      () => 'the database cannot be reached',
    );
    const late = new Promise<string>((resolve) => {
      setTimeout(resolve, limitMs, `the database did not answer within ${limitMs} ms`).unref();
    });
    const reason = await Promise.race([asked, late]);
    return reason === null ? session.up() : session.down({ reason });
  }
}
