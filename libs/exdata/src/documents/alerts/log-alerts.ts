import type { ExdataLog } from '../../telemetry/index.js';
import type { ExdataAlert, ExdataAlerts } from './alert.js';
import { idsOfAlert } from './alert.js';

/** Writes each alert as an error to the log of the application. */
export class LogAlerts implements ExdataAlerts {
  constructor(private readonly log: ExdataLog) {}

  raise(alert: ExdataAlert): Promise<void> {
    const { kind, code, message, owner, retryAt } = alert;
    this.log.error('alert', idsOfAlert(alert), { kind, code, message, owner, retryAt });
    return Promise.resolve();
  }
}
