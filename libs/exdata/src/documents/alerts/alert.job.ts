import { Injectable } from '@nestjs/common';
import type { FindOptionsWhere } from 'typeorm';
import type { Attempt, Job } from '../../dispatch/index.js';
import { cutOff, FaultBook, Writes } from '../../dispatch/index.js';
import { ExdataLog } from '../../telemetry/index.js';
import { ExdataAccounts } from '../accounts/exdata-accounts.js';
import type { ExdataAlert, ExdataAlerts } from './alert.js';
import { EXDATA_ALERTS, idsOfAlert } from './alert.js';
import { ExdataAlertRow } from './alert.entity.js';
import { alertJobName } from './alert-book.js';
import { AlertStorms, isStorm } from './alert-storms.js';
import { Inject } from '../../injection/index.js';

/** Hands alerts over. */
@Injectable()
export class AlertJob implements Job<ExdataAlertRow> {
  readonly name = alertJobName;
  readonly entity = ExdataAlertRow;
  readonly where: FindOptionsWhere<ExdataAlertRow> = { outcome: 'open' };
  readonly timeoutMs = 30_000;

  constructor(
    @Inject(EXDATA_ALERTS) private readonly alerts: ExdataAlerts,
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(AlertStorms) private readonly storms: AlertStorms,
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  async run(attempt: Attempt<ExdataAlertRow>): Promise<void> {
    attempt.span.identify(idsOfAlert(this.#alertOf(attempt.row)));
    if (isStorm(attempt.row)) return this.#tellOfMany(attempt);
    // One that never answers would take a worker for good, and in the end all of them.
    await this.#raise(attempt);
    await this.#end(attempt, 'raised', null);
  }

  async giveUp(attempt: Attempt<ExdataAlertRow>, error: unknown): Promise<void> {
    const { row } = attempt;
    await this.#end(attempt, 'dead', String(error));
    // The last place where somebody may still see it.
    this.log.error('alert.not_raised', idsOfAlert(this.#alertOf(row)), { kind: row.kind, code: row.code });
  }

  /** The row stays open for what comes next, until an hour has brought no more. */
  async #tellOfMany(attempt: Attempt<ExdataAlertRow>): Promise<void> {
    const { row } = attempt;
    const { count, before, nextAt } = await this.writes.run((write) => this.storms.gathered(write, row));
    if (nextAt === null) return this.#end(attempt, 'ended', null);
    if (count > 0) {
      await this.#raise(attempt, count);
      await this.storms.told(this.writes, row, before);
    }
    await this.writes.run((write) => attempt.settle(write, { kind: 'done', dueAt: nextAt }));
  }

  async #raise({ row, cut, signal }: Attempt<ExdataAlertRow>, count = 1): Promise<void> {
    const alert = this.#alertOf(row, count);
    try {
      await cutOff(cut, () => this.alerts.raise(alert, signal));
      this.faults.over('alerts');
    } catch (error) {
      const { kind, code } = alert;
      // What a pager's client throws is the host's affair; the row keeps it.
      const name = error instanceof Error ? error.name : 'unknown';
      this.faults.note('alerts', (count) =>
        this.log.error('alert.failed', idsOfAlert(alert), { kind, code, error: name, count }),
      );
      throw error;
    }
  }

  #alertOf(row: ExdataAlertRow, count = 1): ExdataAlert {
    const { kind, account, code, sourceType, sourceId, requestId, retryAt } = row;
    const owner = this.accounts.find(account)?.owner ?? null;
    const message = isStorm(row) ? `${String(count)} more ${row.message}` : row.message;
    const { createdAt: at, exdataId: documentId } = row;
    return { kind, account, owner, count, code, message, at, retryAt, sourceType, sourceId, documentId, requestId };
  }

  async #end(
    attempt: Attempt<ExdataAlertRow>,
    outcome: ExdataAlertRow['outcome'],
    error: string | null,
  ): Promise<void> {
    await this.writes.run(async (write) => {
      await write.manager.update(ExdataAlertRow, { id: attempt.row.id }, { outcome });
      await attempt.settle(
        write,
        error === null ? { kind: 'done', dueAt: null } : { kind: 'failed', dueAt: null, error },
      );
    });
  }
}
