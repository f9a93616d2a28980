import type { EntityManager } from 'typeorm';
import type { Claim, Clock, ExdataTransactions, JobRef } from '../dispatch/index.js';
import type { ExdataLog } from '../telemetry/index.js';
import type { AccountGate } from './accounts/index.js';
import type { AlertBook } from './alerts/index.js';
import type { DocumentHistory } from './document-history.js';
import type { DocumentRefusals } from './document-refusals.js';
import { ExdataDocument } from './document.entity.js';
import type { HandlerRuns } from './handler-runs.js';
import { observe } from './observe.js';
import type { Observation, Standing, Verdict } from './observe.js';
import { nextPollAt } from './poll-schedule.js';
import type { PollSchedule } from './poll-schedule.js';
import { isTerminal } from './document-state.js';
import type { TerminalStatus } from './document-state.js';

/** What one observation did to a row. */
export interface Applied {
  readonly document: ExdataDocument;
  /** What follows (handler runs, alerts): to be dispatched once the transaction has committed. */
  readonly wake: readonly JobRef[];
}

/** The rooms that the ledger writes through. */
export interface LedgerParts {
  readonly transactions: ExdataTransactions;
  readonly gate: AccountGate;
  readonly alerts: AlertBook;
  readonly history: DocumentHistory;
  readonly refusals: DocumentRefusals;
  readonly handlerRuns: HandlerRuns;
  readonly clock: Clock;
  readonly log: ExdataLog;
}

/** exdata does not publish its reasons for `blocked`; those that are about credits are known by the word (exdata docs: Credits). */
const creditReason = /credit/i;

/** Writes the rows of documents. Every way in (upload answer, webhook, poll) ends in {@link apply}. */
export class DocumentLedger {
  constructor(
    private readonly parts: LedgerParts,
    private readonly polling: PollSchedule,
  ) {}

  /** Finds the row of a document seen at exdata: by its id, else by the correlation id that it carries as `requester`. */
  async match(manager: EntityManager, account: string, seen: Observation['document']): Promise<ExdataDocument | null> {
    const known = await manager.findOneBy(ExdataDocument, { account, exdataId: seen.id });
    if (known || !seen.requester) return known;
    return manager.findOneBy(ExdataDocument, { account, correlationId: seen.requester });
  }

  /** `applyObservation`: takes what exdata showed over into the row and opens the work that follows, in the given transaction. */
  async apply(manager: EntityManager, rowId: string, observation: Observation): Promise<Applied> {
    const { transactions, history, refusals, log } = this.parts;
    const row = await transactions.lockRow(manager, ExdataDocument, { id: rowId });
    if (!row) throw new Error(`the ledger has no row ${rowId}`);
    if (row.erasedAt !== null) return { document: row, wake: [] };
    const { document: seen, requestId, deliveryId = null, via } = observation;
    const ids = { account: row.account, sourceType: row.sourceType, sourceId: row.sourceId, documentId: seen.id, requestId, deliveryId };
    if (row.exdataId !== null && row.exdataId !== seen.id) {
      log.error('document.conflict', ids, { linkedTo: row.exdataId, via });
      await history.record(manager, row, 'conflict', { requestId, deliveryId, detail: `linked to ${row.exdataId}, seen as ${seen.id}` });
      return { document: row, wake: [] };
    }
    if (row.exdataId === null) {
      const twin = await manager.findOneBy(ExdataDocument, { account: row.account, exdataId: seen.id });
      if (twin) return this.#refused(manager, row, await refusals.twin(manager, row, twin, observation));
    }
    if (refusals.isOfOtherMode(seen)) {
      const known = row.problem?.code === 'wrong_mode' && row.exdataId !== null;
      row.exdataId = seen.id;
      row.exdataMode = seen.mode?.slice(0, 16) ?? null;
      return this.#refused(manager, row, known ? [] : await refusals.otherMode(manager, row, observation));
    }
    const verdict = observe(row, seen);
    const before = { state: row.state, exdataId: row.exdataId, runId: row.runId };
    row.exdataId = seen.id;
    if (verdict.conflict) {
      log.error('document.conflict', ids, { state: row.state, seen: seen.status, via });
      row.flag = 'conflict';
      await history.record(manager, row, 'conflict', { requestId, deliveryId, detail: `${row.state}, then seen as ${seen.status}` });
    } else if (!verdict.stale) {
      this.#takeOver(row, verdict, observation);
    }
    const wake = await this.#follow(manager, row, verdict, observation, before);
    await this.save(manager, row);
    if (before.exdataId === null) await history.record(manager, row, 'linked', { requestId, deliveryId, detail: via });
    if (before.state !== row.state || before.runId !== row.runId) {
      await history.record(manager, row, row.state, { requestId, deliveryId, detail: via });
      log.info(`document.${row.state}`, ids, { via });
    }
    if (verdict.unknownStatus && !verdict.stale) log.warn('document.unknown_status', ids, { status: seen.status });
    return { document: row, wake };
  }

  /** Writes everything but the columns that a worker's claim is made of. */
  async save(manager: EntityManager, row: ExdataDocument): Promise<void> {
    const now = this.parts.clock.now();
    row.updatedAt = now;
    const { id, ...columns } = row;
    // Also where a worker holds the row: one that dies over it settles nothing.
    const dueAt = this.nextStep(row);
    await manager.update(ExdataDocument, { id }, { ...columns, observed: row.observed as never, problem: row.problem, work: { dueAt } });
  }

  /** Settles the claim of work that came to nothing, if the row has moved on meanwhile: what others have seen of the document stands. Resolves to whether it has. */
  async leave(row: ExdataDocument, claim: Claim): Promise<boolean> {
    return this.parts.transactions.run(async (manager) => {
      const current = await this.parts.transactions.lockRow(manager, ExdataDocument, { id: row.id });
      if (current?.exdataId == null || current.state === row.state) return false;
      await claim.settle(manager, { kind: 'done', dueAt: this.nextStep(current) });
      return true;
    });
  }

  /** When the row is next to be worked on (epoch ms), as far as its state alone tells. */
  nextStep(row: ExdataDocument): number | null {
    const now = this.parts.clock.now();
    if (row.state === 'pending') return nextPollAt(this.polling, row.pendingSince ?? now, now);
    return row.exdataId === null ? row.work.dueAt : null;
  }

  async #refused(manager: EntityManager, row: ExdataDocument, wake: JobRef[]): Promise<Applied> {
    await this.save(manager, row);
    return { document: row, wake };
  }

  #takeOver(row: ExdataDocument, { state, runId, unknownStatus }: Verdict, { document: seen, requestId }: Observation): void {
    if (state === 'pending' && row.state !== 'pending') row.pendingSince = this.parts.clock.now();
    Object.assign(row, {
      state,
      runId,
      requestId: requestId ?? row.requestId,
      exdataStatus: seen.status.slice(0, 64),
      exdataMode: seen.mode ?? row.exdataMode,
      isEInvoice: seen.isEInvoice ?? row.isEInvoice,
      processingStage: seen.processingStage ?? null,
      processingError: seen.processingError ?? null,
      blockedReason: seen.blockedReason ?? null,
      observed: seen.raw,
      flag: unknownStatus ? 'unknown_status' : row.flag === 'unknown_status' ? null : row.flag,
      problem: isTerminal(state) && state !== 'completed' ? problemOf(state, seen) : null,
    });
  }

  /** What a final state asks for the first time that it is seen: handlers, an alert, for a lack of credits the account's hold. */
  async #follow(...[manager, row, { reached }, observation, before]: FollowArguments): Promise<JobRef[]> {
    if (reached === null) return [];
    const { gate, handlerRuns, alerts } = this.parts;
    const { requestId } = observation;
    const wake = await handlerRuns.open(manager, row, reached, requestId);
    if (reached === 'completed') return wake;
    if (reached === 'blocked' && (observation.credits === true || creditReason.test(row.blockedReason ?? ''))) {
      const code = 'insufficient_credits';
      row.problem = { code, message: row.problem?.message ?? code, fields: null, retryAt: null };
      // The answer that blocked it has held the account already: it may have been released since.
      if (before.state === 'blocked' && before.exdataId === null) return wake;
      const held = await gate.hold(manager, code, { document: row, code, requestId });
      row.holdId = held.holdId;
      return [...wake, ...held.wake];
    }
    const alert = { kind: 'document_failed', account: row.account, cause: `${row.id}:${row.runId ?? '-'}:${reached}` } as const;
    const message = `exdata ended the document as '${reached}'; a person has to look`;
    return [...wake, ...(await alerts.enter(manager, { ...alert, code: row.problem?.code ?? reached, message, requestId, document: row }))];
  }
}

type FollowArguments = [manager: EntityManager, row: ExdataDocument, verdict: Verdict, observation: Observation, before: Standing];

function problemOf(state: Exclude<TerminalStatus, 'completed'>, seen: Observation['document']): ExdataDocument['problem'] {
  const message = (state === 'error' ? seen.processingError : seen.blockedReason) ?? `exdata gave no reason for '${state}'`;
  return { code: state === 'error' ? 'processing_error' : 'blocked', message, fields: null, retryAt: null };
}
