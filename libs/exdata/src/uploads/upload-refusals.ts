import type { ExdataError } from '../api/index.js';
import { ExdataInsufficientCreditsError } from '../api/index.js';
import type { Claim, JobRef, Settlement } from '../dispatch/index.js';
import { retryDelay } from '../dispatch/index.js';
import type { DocumentState, HoldReason } from '../documents/index.js';
import { ExdataDocument } from '../documents/index.js';
import type { UploadOutcome } from './upload-outcome.js';
import type { UploadWriterParts } from './upload-writer.js';
import { alertOf, idsOf } from './upload-writer.js';

type Outcome = Exclude<UploadOutcome, { kind: 'reconcile' }>;

/** How an attempt ended, as far as the row goes on in it. */
interface Ending {
  readonly state: DocumentState;
  readonly fields: Readonly<Record<string, readonly string[]>> | null;
  readonly settlement: Settlement;
  readonly holdId: string | null;
}

/** Where a refused upload stands now. */
export interface Refused {
  readonly state: DocumentState;
  readonly retryAt: number | null;
  /** When exdata may first have got it (epoch ms), over all attempts; null where it cannot have got it. */
  readonly firstSentAt: number | null;
  readonly wake: readonly JobRef[];
}

/** Writes into the ledger what exdata, or the way to it, refused. */
export class UploadRefusals {
  constructor(private readonly parts: UploadWriterParts) {}

  /** One transaction with the claim's fence; resolves to what is to be dispatched after it. */
  async write(row: ExdataDocument, claim: Claim, error: ExdataError, outcome: Outcome): Promise<Refused> {
    const { transactions, ledger, history, clock, gate } = this.parts;
    const requestId = error.requestId ?? null;
    const refused = await this.parts.transactions.run(async (manager): Promise<Refused> => {
      const wake: JobRef[] = [];
      const { id, account, sourceType, sourceId } = row;
      const document = { id, account, sourceType, sourceId, exdataId: error.documentId ?? row.exdataId };
      const seen = { document, code: error.code, requestId };
      const reason = holdReasonOf(outcome);
      const hold = reason && (await gate.hold(manager, reason, seen));
      if (hold) wake.push(...hold.wake);
      if (outcome.kind === 'limit') wake.push(...(await gate.limit(manager, clock.now() + outcome.waitMs, seen)));
      const current = await transactions.lockRow(manager, ExdataDocument, { id: row.id });
      // A webhook may have shown meanwhile that exdata has the document; then that stands.
      if (current?.exdataId !== null) {
        await claim.settle(manager, { kind: 'done', dueAt: current ? ledger.nextStep(current) : null });
        return { state: current?.state ?? row.state, retryAt: null, firstSentAt: null, wake };
      }
      // With 402 exdata keeps the document, blocked.
      const kept = error instanceof ExdataInsufficientCreditsError ? error.document : undefined;
      if (kept)
        wake.push(
          ...(await ledger.apply(manager, row.id, { document: kept, via: 'upload', requestId: requestId ?? '', credits: true })).wake,
        );
      const ending = this.#endingOf(row, outcome, error, hold?.holdId ?? null);
      const { state, fields, settlement, holdId } = ending;
      const problem = { code: error.code, message: error.message, fields, retryAt: settlement.dueAt };
      // The key's age counts from the first attempt that exdata may have taken.
      const firstSentAt = error.mayHaveCreatedDocument ? current.firstSentAt : row.firstSentAt;
      await manager.update(ExdataDocument, { id: row.id }, { state, problem, requestId, firstSentAt, holdId, updatedAt: clock.now() });
      await history.record(manager, row, isEnd(state) ? state : settlement.kind === 'wait' ? 'upload.waits' : 'upload.retry', {
        requestId,
        detail: error.code,
      });
      if (state === 'rejected' || state === 'failed')
        wake.push(...(await this.parts.alerts.enter(manager, alertOf(row, error.code, error.message, requestId))));
      await claim.settle(manager, settlement);
      return { state, retryAt: settlement.dueAt, firstSentAt, wake };
    });
    const what = isEnd(refused.state) ? refused.state : outcome.kind === 'retry' ? 'retry' : 'waits';
    this.parts.log[isEnd(refused.state) ? 'error' : 'warn'](
      `upload.${what}`,
      { ...idsOf(row), documentId: error.documentId, requestId },
      { code: error.code, retryAt: refused.retryAt },
    );
    return refused;
  }

  #endingOf(row: ExdataDocument, outcome: Outcome, error: ExdataError, holdId: string | null): Ending {
    const now = this.parts.clock.now();
    const text = `${error.code}: ${error.message}`;
    const before = row.firstSentAt === null ? 'queued' : 'unconfirmed';
    switch (outcome.kind) {
      case 'end':
        return { state: outcome.state, fields: outcome.fields, holdId: null, settlement: { kind: 'failed', dueAt: null, error: text } };
      case 'credits':
        return { state: 'blocked', fields: null, holdId, settlement: { kind: 'failed', dueAt: null, error: text } };
      case 'hold':
        return { state: before, fields: null, holdId, settlement: { kind: 'wait', dueAt: null, error: text } };
      case 'limit':
        return { state: before, fields: null, holdId: null, settlement: { kind: 'wait', dueAt: now + outcome.waitMs, error: text } };
      case 'retry': {
        const delay = retryDelay(row.work.failures + 1, this.parts.retry, this.parts.random);
        const dueAt = delay === null ? null : now + Math.max(delay, outcome.notBeforeMs);
        const state = dueAt === null ? 'failed' : outcome.state === 'unconfirmed' ? 'unconfirmed' : before;
        return { state, fields: null, holdId: null, settlement: { kind: 'failed', dueAt, error: text } };
      }
    }
  }
}

const isEnd = (state: DocumentState): boolean => state === 'rejected' || state === 'failed' || state === 'blocked';

function holdReasonOf(outcome: UploadOutcome): HoldReason | null {
  if (outcome.kind === 'credits') return 'insufficient_credits';
  return outcome.kind === 'hold' ? outcome.reason : null;
}
