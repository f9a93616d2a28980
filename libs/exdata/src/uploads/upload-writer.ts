import type { EntityManager } from 'typeorm';
import { In } from 'typeorm';
import type { ExdataDocumentData, ExdataResult } from '../api/index.js';
import type { Claim, Clock, ExdataTransactions, JobRef, Random, RetrySchedule } from '../dispatch/index.js';
import type { AccountGate, AlertBook, AlertEntry, Applied, DocumentHistory, DocumentLedger, Gate } from '../documents/index.js';
import { ExdataDocument, holdMessages } from '../documents/index.js';
import type { ExdataLog, LifeIds } from '../telemetry/index.js';

/** The states in which a row is the upload's to work on. */
export const beforeExdata = In(['queued', 'uploading', 'unconfirmed'] as const);

export interface UploadWriterParts {
  readonly ledger: DocumentLedger;
  readonly history: DocumentHistory;
  readonly gate: AccountGate;
  readonly alerts: AlertBook;
  readonly transactions: ExdataTransactions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: ExdataLog;
  readonly retry: RetrySchedule;
}

interface Given {
  readonly wake: readonly JobRef[];
  readonly firstSentAt: number | null;
}

/** Writes the upload's steps into the ledger, each in one transaction with the claim's fence. Resolves to what is to be dispatched after it. */
export class UploadWriter {
  constructor(private readonly parts: UploadWriterParts) {}

  /** Settles the claim if exdata has been seen to have the document meanwhile; resolves to whether it has. */
  leave(row: ExdataDocument, claim: Claim): Promise<boolean> {
    return this.parts.ledger.leave(row, claim);
  }

  /**
   * The row is about to be sent, unless the gate that it resolves to is closed by now: then nothing is written.
   * @throws when the row moved on since it was claimed: a webhook may have shown that exdata has the document already
   */
  begin(row: ExdataDocument): Promise<Gate> {
    const now = this.parts.clock.now();
    return this.#write(async (manager) => {
      const gate = await this.parts.gate.forUpload(row, manager);
      if (gate.state !== 'open') return gate;
      await this.#move(manager, row, { state: 'uploading', firstSentAt: row.firstSentAt ?? now, holdId: null });
      await this.parts.history.record(manager, row, 'uploading');
      return gate;
    });
  }

  /** The key is older than exdata is trusted to know it: the document is looked for before anything is sent. */
  async doubt(row: ExdataDocument, code: string): Promise<void> {
    await this.#write(async (manager) => {
      await this.#move(manager, row, { state: 'unconfirmed' });
      if (row.state !== 'unconfirmed') await this.parts.history.record(manager, row, 'unconfirmed', { detail: code });
    });
    row.state = 'unconfirmed';
  }

  /** exdata does not have it: the key may be used as if for the first time. */
  async absent(row: ExdataDocument): Promise<void> {
    await this.#write(async (manager) => {
      await this.#move(manager, row, { firstSentAt: null });
      await this.parts.history.record(manager, row, 'reconciled', { detail: 'exdata does not have the document; it is sent again' });
    });
    row.firstSentAt = null;
  }

  async accept(row: ExdataDocument, claim: Claim, answer: ExdataResult<ExdataDocumentData>, via: 'upload' | 'reconcile'): Promise<Applied> {
    return this.#write(async (manager) => {
      const { data: document, requestId } = answer;
      const applied = await this.parts.ledger.apply(manager, row.id, { document, via, requestId });
      const passed = applied.document.holdId === null ? await this.parts.gate.passed(manager, row) : [];
      await claim.settle(manager, { kind: 'done', dueAt: this.parts.ledger.nextStep(applied.document) });
      return { document: applied.document, wake: [...applied.wake, ...passed] };
    });
  }

  /** exdata has the document of a row that had ended without it. */
  link(row: ExdataDocument, { data: document, requestId }: ExdataResult<ExdataDocumentData>): Promise<Applied> {
    return this.#write((manager) => this.parts.ledger.apply(manager, row.id, { document, via: 'reconcile', requestId }));
  }

  /** The account is on hold: the row is parked until the hold is released. */
  async park(row: ExdataDocument, claim: Claim, { holdId, reason }: Extract<Gate, { state: 'held' }>): Promise<void> {
    const { gate, history, clock } = this.parts;
    await this.#write(async (manager) => {
      const account = await gate.lock(manager, row.account);
      if (account.holdId !== holdId) {
        // Released meanwhile: what wakes the held rows may have passed this one by.
        await claim.settle(manager, { kind: 'wait', dueAt: clock.now(), error: reason });
        return;
      }
      const problem = { code: reason, message: holdMessages[reason], fields: null, retryAt: null };
      await this.#move(manager, row, { state: row.state === 'uploading' ? 'unconfirmed' : row.state, holdId, problem });
      if (row.holdId !== holdId) await history.record(manager, row, 'held', { detail: reason });
      await claim.settle(manager, { kind: 'wait', dueAt: null, error: reason });
    });
  }

  /** The account has to wait: so does the row, and burns no attempt. */
  async wait(row: ExdataDocument, claim: Claim, { until, code }: Extract<Gate, { state: 'limited' }>): Promise<void> {
    const message = 'exdata asked the account to wait; the upload goes on by itself';
    await this.#write(async (manager) => {
      await this.#move(manager, row, { problem: { code, message, fields: null, retryAt: until } });
      await claim.settle(manager, { kind: 'wait', dueAt: until, error: code });
    });
  }

  /** Gives the row to a person. Resolves also to when exdata may first have got it (epoch ms), null where it cannot have. */
  async fail(row: ExdataDocument, claim: Claim, code: string, message: string): Promise<Given> {
    const given = await this.#write(async (manager) => {
      const problem = { code, message, fields: null, retryAt: null };
      const failed = await manager.update(
        ExdataDocument,
        { id: row.id, state: beforeExdata },
        { state: 'failed', problem, updatedAt: this.parts.clock.now() },
      );
      await claim.settle(manager, { kind: 'failed', dueAt: null, error: code });
      if (failed.affected !== 1) return { wake: [], firstSentAt: null };
      await this.parts.history.record(manager, row, 'failed', { detail: code });
      const wake = await this.parts.alerts.enter(manager, alertOf(row, code, message, row.requestId));
      // The attempt at hand may have been the first to leave.
      const { firstSentAt } = await manager.findOneByOrFail(ExdataDocument, { id: row.id });
      return { wake, firstSentAt };
    });
    this.parts.log.error('upload.failed', idsOf(row), { code });
    return given;
  }

  async #move(manager: EntityManager, row: ExdataDocument, columns: Partial<ExdataDocument>): Promise<void> {
    const moved = await manager.update(
      ExdataDocument,
      { id: row.id, state: beforeExdata, work: { fence: row.work.fence } },
      { ...(columns as object), updatedAt: this.parts.clock.now() },
    );
    if (moved.affected !== 1) throw new Error('the row moved on since it was claimed');
  }

  #write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.parts.transactions.run(work);
  }
}

export function idsOf(row: ExdataDocument): LifeIds {
  return { account: row.account, sourceType: row.sourceType, sourceId: row.sourceId, documentId: row.exdataId };
}

/** What a person is told of an upload that ended without exdata's document. */
export function alertOf(row: ExdataDocument, code: string, message: string, requestId: string | null): AlertEntry {
  const kind = code === 'poison' ? 'poison' : 'document_failed';
  return { kind, account: row.account, cause: `${row.id}:${code}`, code, message, requestId, document: row };
}
