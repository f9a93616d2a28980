import { hash, randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Clock, ExdataTransactions, JobRef } from '../../dispatch/index.js';
import { newWork } from '../../dispatch/index.js';
import type { ExdataDocument } from '../document.entity.js';
import type { ExdataAlertKind } from './alert.js';
import { ExdataAlertRow } from './alert.entity.js';

export const alertJobName = 'alert';

/** What is written down of an alert. */
export interface AlertEntry {
  readonly kind: ExdataAlertKind;
  readonly account: string;
  /** The same text for the same cause. */
  readonly cause: string;
  readonly code: string;
  readonly message: string;
  readonly requestId?: string | null;
  readonly retryAt?: number | null;
  /** The document that it is about, or that it was seen at first. */
  readonly document?: Partial<Pick<ExdataDocument, 'sourceType' | 'sourceId' | 'exdataId'>>;
}

/** Writes alerts down, one for each cause, together with what caused them. */
export class AlertBook {
  constructor(
    private readonly transactions: ExdataTransactions,
    private readonly clock: Clock,
  ) {}

  /** Resolves to the work to be dispatched once the transaction has committed; to none where the cause is known already. */
  async enter(manager: EntityManager, entry: AlertEntry): Promise<JobRef[]> {
    const { kind, account, code, message, requestId = null, retryAt = null, document } = entry;
    const cause = columnOf(entry.cause);
    if (await manager.existsBy(ExdataAlertRow, { account, kind, cause })) return [];
    const id = randomUUID();
    const now = this.clock.now();
    await this.transactions.insertUnlessThere(manager, ExdataAlertRow, {
      id,
      account,
      kind,
      cause,
      code: code.slice(0, 64),
      message,
      sourceType: document?.sourceType ?? null,
      sourceId: document?.sourceId ?? null,
      exdataId: document?.exdataId ?? null,
      requestId,
      createdAt: now,
      retryAt,
      outcome: 'open',
      work: newWork(now),
    });
    return [{ job: alertJobName, id }];
  }
}

/** An id of exdata's in it may be longer than the column, which stands in a unique index. */
function columnOf(cause: string): string {
  return cause.length > 191 ? hash('sha256', cause) : cause;
}
