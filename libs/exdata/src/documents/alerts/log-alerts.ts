import { Injectable } from '@nestjs/common';
import { ExdataLog } from '../../telemetry/index.js';
import type { ExdataAlert, ExdataAlerts } from './alert.js';
import { idsOfAlert } from './alert.js';
import { Inject } from '../../injection/index.js';

/** Writes each alert as an error to the log of the application. */
@Injectable()
export class LogAlerts implements ExdataAlerts {
  constructor(@Inject(ExdataLog) private readonly log: ExdataLog) {}

  raise(alert: ExdataAlert): Promise<void> {
    const { kind, code, message, owner, retryAt, count } = alert;
    this.log.error('alert', idsOfAlert(alert), { kind, code, message, owner, retryAt, ...(count > 1 && { count }) });
    return Promise.resolve();
  }
}
