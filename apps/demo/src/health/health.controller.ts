import { Controller, Get } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { ExdataHealthIndicator } from 'nestjs-exdata/terminus';
import { IncomingHealth } from '../invoices/incoming.health.js';
import { DatabaseHealth } from './database.health.js';

/** Probes as Kubernetes knows them. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseHealth,
    private readonly incoming: IncomingHealth,
    private readonly exdata: ExdataHealthIndicator,
  ) {}

  /** Whether the application has come up. */
  @Get('startup')
  @HealthCheck()
  startup(): Promise<HealthCheckResult> {
    return this.health.check([() => this.database.isHealthy('database'), () => this.exdata.isStarted('exdata')]);
  }

  /**
   * Whether the process can answer at all. It looks at nothing outside, or a database that is away would have every pod
   * restarted.
   */
  @Get('live')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  /** Whether requests should come here now. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.database.isHealthy('database'),
      () => this.incoming.isHealthy('uploads'),
      () => this.exdata.isHealthy('exdata'),
    ]);
  }
}
