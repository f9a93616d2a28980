import { Injectable } from '@nestjs/common';
import type { ExdataError } from '../api/index.js';
import type { Settlement, Write } from '../dispatch/index.js';
import { Retries } from '../dispatch/index.js';
import type { ExdataDocumentState } from '../documents/index.js';
import { AlertBook, DocumentHistory, ExdataLink } from '../documents/index.js';
import type { UploadOutcome } from './upload-outcome.js';
import { alertOf } from './upload-row.js';
import { Inject } from '../injection/index.js';

/** What was refused, and what that means. */
export interface Refusal {
  readonly error: ExdataError;
  readonly outcome: Exclude<UploadOutcome, { kind: 'reconcile' }>;
  /** Of the hold on the account that it led to. */
  readonly holdId: string | null;
}

/** New state of the row after a failed attempt. */
export interface RefusedState {
  readonly state: ExdataDocumentState;
  readonly fields: Readonly<Record<string, readonly string[]>> | null;
  readonly settlement: Settlement;
  readonly holdId: string | null;
}

/** States in which nothing more is tried. */
export const isEnd = (state: ExdataDocumentState): boolean =>
  state === 'rejected' || state === 'failed' || state === 'blocked';

/** Decides how a row goes on whose upload was refused, and writes it. */
@Injectable()
export class RefusedRow {
  constructor(
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(Retries) private readonly retries: Retries,
  ) {}

  /** @param row as it was when the attempt began */
  stateOf(row: ExdataLink, { error, outcome, holdId }: Refusal, now: number): RefusedState {
    const text = `${error.code}: ${error.message}`;
    const before = row.firstSentAt === null ? 'queued' : 'unconfirmed';
    switch (outcome.kind) {
      case 'end':
        return {
          state: outcome.state,
          fields: outcome.fields,
          holdId: null,
          settlement: { kind: 'failed', dueAt: null, error: text },
        };
      case 'credits':
        return { state: 'blocked', fields: null, holdId, settlement: { kind: 'failed', dueAt: null, error: text } };
      case 'hold':
        return {
          state: before,
          fields: null,
          holdId,
          // Without a hold another process is to send it.
          settlement: { kind: 'wait', dueAt: holdId === null ? now : null, error: text },
        };
      case 'limit':
        return {
          state: before,
          fields: null,
          holdId: null,
          settlement: { kind: 'wait', dueAt: now + outcome.waitMs, error: text },
        };
      case 'retry': {
        const delay = this.retries.delayAfter(row.work.failures + 1);
        const dueAt = delay === null ? null : now + Math.max(delay, outcome.notBeforeMs);
        const state = dueAt === null ? 'failed' : outcome.state === 'unconfirmed' ? 'unconfirmed' : before;
        return { state, fields: null, holdId: null, settlement: { kind: 'failed', dueAt, error: text } };
      }
    }
  }

  /** @param firstSentAt when exdata may first have got it (epoch ms) */
  async write(
    write: Write,
    row: ExdataLink,
    refused: RefusedState,
    error: ExdataError,
    firstSentAt: number | null,
  ): Promise<void> {
    const { state, fields, settlement, holdId } = refused;
    const { code, message, requestId = null } = error;
    const problem = { code, message, fields, retryAt: settlement.dueAt };
    const columns = { state, problem, requestId, firstSentAt, holdId, updatedAt: write.now };
    await write.manager.update(ExdataLink, { id: row.id }, columns);
    const what = isEnd(state) ? state : settlement.kind === 'wait' ? 'upload.waits' : 'upload.retry';
    await this.history.record(write, row, what, { requestId, detail: code });
    if (state === 'rejected' || state === 'failed')
      await this.alerts.raise(write, alertOf(row, code, message, requestId));
  }
}
