import type { EntityManager } from 'typeorm';
import type { JobRef } from '../dispatch/index.js';
import type { ExdataLog } from '../telemetry/index.js';
import type { AccountGate, Sighting } from './accounts/index.js';
import type { AlertBook } from './alerts/index.js';
import type { DocumentHistory } from './document-history.js';
import type { ExdataDocument } from './document.entity.js';
import type { Observation } from './observe.js';

/** What may not be taken over from exdata, and what becomes of the row instead. */
export class DocumentRefusals {
  constructor(
    private readonly mode: 'test' | 'live',
    private readonly gate: AccountGate,
    private readonly alerts: AlertBook,
    private readonly history: DocumentHistory,
    private readonly log: ExdataLog,
  ) {}

  /** Whether exdata says that the document belongs to the other mode. */
  isOfOtherMode({ mode }: Observation['document']): boolean {
    return mode !== undefined && mode !== this.mode;
  }

  /** A document of the other mode is never worked with. If our own upload made it, the token is not the one of this environment, and the account is put on hold. */
  async otherMode(manager: EntityManager, row: ExdataDocument, { document: seen, requestId, via }: Observation): Promise<JobRef[]> {
    const code = 'wrong_mode';
    const message = `exdata's document ${seen.id} is not of the mode '${this.mode}' that this environment is configured for`;
    const document = asSeen(row, seen.id);
    const wake =
      via === 'upload'
        ? (await this.gate.hold(manager, code, { document, code, requestId })).wake
        : await this.alerts.enter(manager, {
            kind: code,
            account: row.account,
            cause: `mode:${row.id}`,
            code,
            message,
            requestId,
            document,
          });
    await this.#fail(manager, row, code, message, requestId);
    return wake;
  }

  /** exdata gave this upload the id of another row's document; which of the two it is, a person has to find out. */
  async twin(
    manager: EntityManager,
    row: ExdataDocument,
    twin: ExdataDocument,
    { document: seen, requestId }: Observation,
  ): Promise<JobRef[]> {
    const code = 'document_linked_elsewhere';
    const message = `exdata's document ${seen.id} is linked to ${twin.sourceType} ${twin.sourceId} already`;
    await this.#fail(manager, row, code, message, requestId);
    return this.alerts.enter(manager, {
      kind: 'document_failed',
      account: row.account,
      cause: `${row.id}:${code}`,
      code,
      message,
      requestId,
      document: asSeen(row, seen.id),
    });
  }

  async #fail(manager: EntityManager, row: ExdataDocument, code: string, message: string, requestId: string | null): Promise<void> {
    Object.assign(row, { state: 'failed', requestId, problem: { code, message, fields: null, retryAt: null } });
    row.work.dueAt = null;
    await this.history.record(manager, row, 'failed', { requestId, detail: code });
    const { account, sourceType, sourceId, exdataId: documentId } = row;
    this.log.error('document.failed', { account, sourceType, sourceId, documentId, requestId }, { code });
  }
}

function asSeen({ id, account, sourceType, sourceId }: ExdataDocument, exdataId: string): Sighting['document'] {
  return { id, account, sourceType, sourceId, exdataId };
}
