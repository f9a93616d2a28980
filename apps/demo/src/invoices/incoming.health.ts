import { Injectable, Logger } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { IncomingFolder } from './incoming-folder.js';

/**
 * Whether an upload could be taken now. Writes a line when that has changed, and none for each probe: anybody may ask.
 */
@Injectable()
export class IncomingHealth {
  private readonly logger = new Logger('Uploads');
  private told: string | null = null;

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly folder: IncomingFolder,
  ) {}

  async isHealthy(key: string): Promise<HealthIndicatorResult> {
    const session = this.indicators.check(key);
    const reason = await this.folder.fault();
    if (reason !== this.told) this.tell(reason);
    return reason === null ? session.up() : session.down({ reason });
  }

  private tell(reason: string | null): void {
    this.told = reason;
    if (reason === null) this.logger.log('uploads can be taken again');
    else this.logger.error(`uploads cannot be taken: ${reason}`);
  }
}
