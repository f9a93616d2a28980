import type { Claim, ExdataTransactions, Job } from '../../dispatch/index.js';
import { cutOff } from '../../dispatch/index.js';
import type { ExdataLog } from '../../telemetry/index.js';
import type { ExdataAccounts } from '../accounts/exdata-accounts.js';
import type { ExdataAlert, ExdataAlerts } from './alert.js';
import { idsOfAlert } from './alert.js';
import { ExdataAlertRow } from './alert.entity.js';
import { alertJobName } from './alert-book.js';

/** Hands alerts over. */
export class AlertJob implements Job<ExdataAlertRow> {
  readonly name = alertJobName;
  readonly entity = ExdataAlertRow;
  readonly where = { outcome: 'open' as const };
  readonly timeoutMs = 30_000;

  constructor(
    private readonly alerts: ExdataAlerts,
    private readonly accounts: ExdataAccounts,
    private readonly transactions: ExdataTransactions,
    private readonly log: ExdataLog,
  ) {}

  async run(row: ExdataAlertRow, claim: Claim): Promise<void> {
    // One that never answers would take a worker for good, and in the end all of them.
    await cutOff(claim.cut, () => this.alerts.raise(this.#alertOf(row), claim.signal));
    await this.#end(row, claim, 'raised', null);
  }

  async quarantine(row: ExdataAlertRow, claim: Claim): Promise<void> {
    await this.giveUp(row, claim, new Error('poison: the process ended several times while it raised this alert'));
  }

  async giveUp(row: ExdataAlertRow, claim: Claim, error: unknown): Promise<void> {
    await this.#end(row, claim, 'dead', String(error));
    // The last place where somebody may still see it.
    this.log.error('alert.not_raised', idsOfAlert(this.#alertOf(row)), { kind: row.kind, code: row.code });
  }

  #alertOf(row: ExdataAlertRow): ExdataAlert {
    const { kind, account, code, message, sourceType, sourceId, requestId, retryAt } = row;
    const owner = this.accounts.find(account)?.owner ?? null;
    return { kind, account, owner, code, message, at: row.createdAt, retryAt, sourceType, sourceId, documentId: row.exdataId, requestId };
  }

  #end(row: ExdataAlertRow, claim: Claim, outcome: ExdataAlertRow['outcome'], error: string | null): Promise<void> {
    return this.transactions.run(async (manager) => {
      await manager.update(ExdataAlertRow, { id: row.id }, { outcome });
      await claim.settle(manager, error === null ? { kind: 'done', dueAt: null } : { kind: 'failed', dueAt: null, error });
    });
  }
}
