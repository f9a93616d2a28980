import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Clock, ExdataTransactions } from '../dispatch/index.js';
import { newWork } from '../dispatch/index.js';
import type { ExdataLog } from '../telemetry/index.js';
import { ExdataDocumentEvent } from './document-event.entity.js';
import { ExdataDocument } from './document.entity.js';
import { ExdataHandlerRun } from './handler-run.entity.js';
import type { HandlerRegistry } from './handler-registry.js';
import { observe } from './observe.js';
import type { Observation } from './observe.js';
import { isTerminal } from './document-state.js';
import { nextPollAt } from './poll-schedule.js';
import type { PollSchedule } from './poll-schedule.js';

/** What one observation did to a row. */
export interface Applied {
  readonly document: ExdataDocument;
  /** Handler runs that were opened; dispatch them once the transaction has committed. */
  readonly handlerRuns: readonly string[];
}

export interface EventDetails {
  readonly requestId?: string | null;
  readonly deliveryId?: string | null;
  readonly detail?: string | null;
}

/** Writes the rows of documents. Every way in (upload answer, webhook, poll) ends in {@link apply}. */
export class DocumentLedger {
  constructor(
    private readonly transactions: ExdataTransactions,
    private readonly handlers: HandlerRegistry,
    private readonly clock: Clock,
    private readonly polling: PollSchedule,
    private readonly log: ExdataLog,
  ) {}

  /** Finds the row of a document seen at exdata: by its id, else by the correlation id that it carries as `requester`. */
  async match(manager: EntityManager, account: string, seen: Observation['document']): Promise<ExdataDocument | null> {
    const known = await manager.findOneBy(ExdataDocument, { account, exdataId: seen.id });
    if (known || !seen.requester) return known;
    return manager.findOneBy(ExdataDocument, { account, correlationId: seen.requester });
  }

  /** `applyObservation`: takes what exdata showed over into the row and opens the handler runs that follow, in the given transaction. */
  async apply(manager: EntityManager, rowId: string, observation: Observation): Promise<Applied> {
    const row = await this.transactions.lockRow(manager, ExdataDocument, { id: rowId });
    if (!row) throw new Error(`the ledger has no row ${rowId}`);
    const { document: seen, requestId, deliveryId = null, via } = observation;
    const ids = { account: row.account, sourceType: row.sourceType, sourceId: row.sourceId, documentId: seen.id, requestId, deliveryId };
    if (row.exdataId !== null && row.exdataId !== seen.id) {
      this.log.error('document.conflict', ids, { linkedTo: row.exdataId, via });
      await this.record(manager, row, 'conflict', { requestId, deliveryId, detail: `linked to ${row.exdataId}, seen as ${seen.id}` });
      return { document: row, handlerRuns: [] };
    }
    if (row.exdataId === null) {
      const twin = await manager.findOneBy(ExdataDocument, { account: row.account, exdataId: seen.id });
      if (twin) return this.#refuseTwin(manager, row, twin, observation);
    }
    const verdict = observe(row, seen);
    const before = { state: row.state, exdataId: row.exdataId, runId: row.runId };
    row.exdataId = seen.id;
    if (verdict.conflict) {
      this.log.error('document.conflict', ids, { state: row.state, seen: seen.status, via });
      await this.record(manager, row, 'conflict', { requestId, deliveryId, detail: `${row.state}, then seen as ${seen.status}` });
    } else if (!verdict.stale) {
      this.#takeOver(row, verdict.state, verdict.runId, observation);
    }
    await this.save(manager, row);
    if (before.exdataId === null) await this.record(manager, row, 'linked', { requestId, deliveryId, detail: via });
    if (before.state !== row.state || before.runId !== row.runId) {
      await this.record(manager, row, row.state, { requestId, deliveryId, detail: via });
      this.log.info(`document.${row.state}`, ids, { via });
    }
    if (verdict.unknownStatus && !verdict.stale) this.log.warn('document.unknown_status', ids, { status: seen.status });
    return { document: row, handlerRuns: verdict.reached ? await this.#openHandlerRuns(manager, row, verdict.reached, requestId) : [] };
  }

  /** Writes everything but the columns that a worker's claim is made of. */
  async save(manager: EntityManager, row: ExdataDocument): Promise<void> {
    row.updatedAt = this.clock.now();
    const { id, work, ...columns } = row;
    // A row that a worker holds is given its next step by that worker's settlement.
    const free = (work.leaseUntil ?? 0) <= this.clock.now();
    await manager.update(
      ExdataDocument,
      { id },
      { ...columns, observed: row.observed as never, problem: row.problem, ...(free && { work: { dueAt: this.nextStep(row) } }) },
    );
  }

  /** When the row is next to be worked on (epoch ms), as far as its state alone tells. */
  nextStep(row: ExdataDocument): number | null {
    if (row.state === 'pending') return nextPollAt(this.polling, row.pendingSince ?? this.clock.now(), this.clock.now());
    return row.exdataId === null ? row.work.dueAt : null;
  }

  async record(
    manager: EntityManager,
    row: ExdataDocument,
    what: string,
    { requestId = null, deliveryId = null, detail = null }: EventDetails = {},
  ): Promise<void> {
    const position = await manager.countBy(ExdataDocumentEvent, { documentRowId: row.id });
    await manager.insert(ExdataDocumentEvent, {
      id: randomUUID(),
      documentRowId: row.id,
      position,
      at: this.clock.now(),
      what,
      requestId,
      deliveryId,
      detail,
    });
  }

  /** exdata gave this upload the id of another row's document; which of the two it is, a person has to find out. */
  async #refuseTwin(
    manager: EntityManager,
    row: ExdataDocument,
    twin: ExdataDocument,
    { document: seen, requestId }: Observation,
  ): Promise<Applied> {
    const ids = { account: row.account, sourceType: row.sourceType, sourceId: row.sourceId, documentId: seen.id, requestId };
    const message = `exdata's document ${seen.id} is linked to ${twin.sourceType} ${twin.sourceId} already`;
    Object.assign(row, {
      state: 'failed',
      requestId,
      problem: { code: 'document_linked_elsewhere', message, fields: null, retryAt: null },
    });
    row.work.dueAt = null;
    await this.save(manager, row);
    await this.record(manager, row, 'failed', { requestId, detail: 'document_linked_elsewhere' });
    this.log.error('document.failed', ids, { code: 'document_linked_elsewhere' });
    return { document: row, handlerRuns: [] };
  }

  #takeOver(row: ExdataDocument, state: ExdataDocument['state'], runId: string | null, { document: seen, requestId }: Observation): void {
    if (state === 'pending' && row.state !== 'pending') row.pendingSince = this.clock.now();
    Object.assign(row, {
      state,
      runId,
      requestId,
      exdataStatus: seen.status.slice(0, 64),
      exdataMode: seen.mode ?? row.exdataMode,
      isEInvoice: seen.isEInvoice ?? row.isEInvoice,
      processingStage: seen.processingStage ?? null,
      processingError: seen.processingError ?? null,
      blockedReason: seen.blockedReason ?? null,
      observed: seen.raw,
      problem: isTerminal(state) && state !== 'completed' ? problemOf(state, seen) : null,
    });
  }

  async #openHandlerRuns(
    manager: EntityManager,
    row: ExdataDocument,
    status: ExdataHandlerRun['status'],
    requestId: string,
  ): Promise<string[]> {
    const now = this.clock.now();
    const runKey = row.runId ?? '-';
    const opened: string[] = [];
    for (const { id: handler } of this.handlers.for(status)) {
      if (await manager.existsBy(ExdataHandlerRun, { documentRowId: row.id, runKey, status, handler })) continue;
      const id = randomUUID();
      await manager.insert(ExdataHandlerRun, {
        id,
        documentRowId: row.id,
        runKey,
        status,
        handler,
        outcome: 'open',
        observed: (row.observed ?? {}) as never,
        requestId,
        createdAt: now,
        work: newWork(now),
      });
      opened.push(id);
    }
    return opened;
  }
}

function problemOf(state: 'error' | 'blocked', seen: Observation['document']): ExdataDocument['problem'] {
  const message = (state === 'error' ? seen.processingError : seen.blockedReason) ?? `exdata gave no reason for '${state}'`;
  return { code: state === 'error' ? 'processing_error' : 'blocked', message, fields: null, retryAt: null };
}
