import { Injectable } from '@nestjs/common';
import type { ExdataDocumentData, ExdataResult } from '../api/index.js';
import type { Attempt } from '../dispatch/index.js';
import { Writes } from '../dispatch/index.js';
import type { ExdataLink, Gate, Observation } from '../documents/index.js';
import { AccountGate, DocumentHistory, DocumentLedger, ExdataWatch } from '../documents/index.js';
import { DocumentBytes } from './document-bytes.js';
import { moveRow } from './upload-row.js';
import { Inject } from '../injection/index.js';

type Answer = ExdataResult<ExdataDocumentData>;

/** Writes the steps of an upload into the ledger, each in one transaction with the attempt's fence. */
@Injectable()
export class UploadWriter {
  constructor(
    @Inject(Writes) private readonly writes: Writes,
    @Inject(DocumentLedger) private readonly ledger: DocumentLedger,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(AccountGate) private readonly gate: AccountGate,
    @Inject(ExdataWatch) private readonly watch: ExdataWatch,
    @Inject(DocumentBytes) private readonly bytes: DocumentBytes,
  ) {}

  /**
   * The row is about to be sent, unless the gate that it resolves to is closed, or doubts a token that is not known to
   * be good: then nothing is written.
   * @throws {Error} when the row moved on since it was claimed
   */
  begin(row: ExdataLink, isTokenGood = false): Promise<Gate> {
    return this.writes.run(async (write) => {
      const gate = await this.gate.forUpload(row, write.manager);
      if (gate.state !== 'open' || (gate.doubtsToken === true && !isTokenGood)) return gate;
      await this.history.record(write, row, 'uploading');
      await moveRow(write, row, { state: 'uploading', firstSentAt: row.firstSentAt ?? write.now, holdId: null });
      return gate;
    });
  }

  /** Nobody knows whether exdata has the document: it is looked for before anything is sent. */
  async markUnconfirmed(row: ExdataLink, code: string): Promise<void> {
    await this.writes.run(async (write) => {
      await moveRow(write, row, { state: 'unconfirmed' });
      if (row.state !== 'unconfirmed') await this.history.record(write, row, 'unconfirmed', { detail: code });
    });
    row.state = 'unconfirmed';
  }

  /** exdata does not have it: the key may be used as if for the first time. */
  async markAbsent(row: ExdataLink): Promise<void> {
    await this.writes.run(async (write) => {
      await moveRow(write, row, { firstSentAt: null });
      await this.history.record(write, row, 'reconciled', {
        detail: 'exdata does not have the document; it is sent again',
      });
    });
    row.firstSentAt = null;
  }

  /**
   * exdata has the document: settles the attempt, and erases the bytes that nobody needs any more.
   * @param endsWait false where the gate has told that no limit and no hold is over with it
   */
  async accept(
    attempt: Attempt<ExdataLink>,
    answer: Answer,
    via: 'upload' | 'reconcile',
    endsWait = true,
  ): Promise<void> {
    const { data: document, requestId } = answer;
    const { row, span } = attempt;
    span.identify({ documentId: document.id, requestId });
    this.watch.answered(row.account);
    const observation: Observation = { document, via, requestId };
    const { current, isFirst } = await this.#takeOver(attempt, { ...observation, isNew: true }, endsWait).catch(
      (error: unknown) => {
        // Another row is linked to the document: this time it is looked for.
        if (this.writes.isTwin(error)) return this.#takeOver(attempt, observation, endsWait);
        throw error;
      },
    );
    await (isFirst ? this.bytes.releaseTaken(current) : this.bytes.release(current));
  }

  #takeOver(attempt: Attempt<ExdataLink>, observation: Observation, endsWait: boolean): Promise<TakenOver> {
    const { row } = attempt;
    return this.writes.run(async (write) => {
      const current = await this.ledger.lock(write, row.id);
      const isFirst = current.exdataId === null;
      await this.ledger.take(write, current, observation, attempt);
      if (endsWait && current.holdId === null) await this.gate.passed(write, row);
      return { current, isFirst };
    });
  }

  /** exdata has the document of a row that had ended without it. */
  async link(row: ExdataLink, { data: document, requestId }: Answer): Promise<void> {
    await this.writes.run((write) => this.ledger.apply(write, row.id, { document, via: 'reconcile', requestId }));
    await this.bytes.release(row);
  }

  /** Settles the attempt if exdata has been seen to have the document meanwhile; resolves to whether it has. */
  settleIfMoved(attempt: Attempt<ExdataLink>): Promise<boolean> {
    return this.writes.run((write) => this.ledger.settleIfMoved(write, attempt));
  }

  /** Erases the bytes of a row that has ended, unless another row needs them. */
  releaseBytes(row: ExdataLink): Promise<void> {
    return this.bytes.release(row);
  }
}

interface TakenOver {
  /** The row as it stands now. */
  readonly current: ExdataLink;
  /** Whether nobody had seen before that exdata has the document. */
  readonly isFirst: boolean;
}
