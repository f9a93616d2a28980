import { Injectable } from '@nestjs/common';
import { FaultBook } from '../../dispatch/index.js';
import { Inject } from '../../injection/index.js';
import { ExdataLog } from '../../telemetry/index.js';
import { LeftAccountAlerts } from './left-account-alerts.js';

/** Says where the tokens of this process stand. */
@Injectable()
export class TokenLines {
  constructor(
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
    @Inject(LeftAccountAlerts) private readonly alerts: LeftAccountAlerts,
  ) {}

  /** A hold has ended since this process holds another token than the one that was refused. */
  changed(account: string): void {
    this.log.info('account.token_changed', { account });
  }

  /** exdata refuses the token of this process, which leaves the account to others: a person is told if that lasts. */
  async refused(account: string, print: string): Promise<void> {
    this.faults.note('token', (count) => this.log.warn('account.token_refused', { account }, { count }), account);
    await this.alerts.left(account, print);
  }

  /** This process works for the account again. */
  taken(account: string): void {
    this.faults.over('token', account);
    this.alerts.taken(account);
  }
}
