import { Injectable } from '@nestjs/common';
import { hash, randomUUID } from 'node:crypto';
import type { ExdataMode, Write } from '../../dispatch/index.js';
import { EXDATA_MODE, newWork } from '../../dispatch/index.js';
import type { ExdataLink } from '../link.entity.js';
import type { ExdataAlertKind } from './alert.js';
import { ExdataAlertRow } from './alert.entity.js';
import { AlertStorms } from './alert-storms.js';
import { Inject } from '../../injection/index.js';

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
  /** It comes with each of as many things as may go wrong at once: past ten an hour they are told of together. */
  readonly many?: boolean;
  /** The document that it is about, or that it was seen at first. */
  readonly document?: Partial<Pick<ExdataLink, 'sourceType' | 'sourceId' | 'exdataId'>>;
}

/** Writes alerts down, one for each cause, together with what caused them. */
@Injectable()
export class AlertBook {
  constructor(
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
    @Inject(AlertStorms) private readonly storms: AlertStorms,
  ) {}

  /** Resolves to whether it is a new one: a cause that is known already is not raised again. */
  async raise(write: Write, entry: AlertEntry): Promise<boolean> {
    const { kind, account, code, message, requestId = null, retryAt = null, document } = entry;
    const { mode } = this;
    const cause = columnOf(entry.cause);
    if (await write.manager.existsBy(ExdataAlertRow, { mode, account, kind, cause })) return false;
    const id = randomUUID();
    const isMany = entry.many === true && (await this.storms.isMany(write, entry));
    await write.insertUnlessThere(ExdataAlertRow, {
      id,
      mode,
      account,
      kind,
      cause,
      code,
      message,
      sourceType: document?.sourceType ?? null,
      sourceId: document?.sourceId ?? null,
      exdataId: document?.exdataId ?? null,
      requestId,
      createdAt: write.now,
      retryAt,
      outcome: isMany ? 'grouped' : 'open',
      work: newWork(isMany ? null : write.now),
    });
    if (isMany) await this.storms.gather(write, entry);
    else write.wakes({ job: alertJobName, id });
    return true;
  }

  /** Ends what is not handed over yet: its cause is gone. */
  async end(
    { manager }: Write,
    { kind, account, cause }: Pick<AlertEntry, 'kind' | 'account' | 'cause'>,
  ): Promise<void> {
    const work = { dueAt: null, leaseUntil: null, fence: () => 'fence + 1', finishes: () => 'starts' };
    const { mode } = this;
    await manager.update(
      ExdataAlertRow,
      { mode, account, kind, cause: columnOf(cause), outcome: 'open' },
      { outcome: 'ended', work },
    );
  }
}

/** An id of exdata's in it may be longer than the column, which stands in a unique index. */
function columnOf(cause: string): string {
  return cause.length > 191 ? hash('sha256', cause) : cause;
}
