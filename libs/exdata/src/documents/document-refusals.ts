import { Injectable } from '@nestjs/common';
import type { Write } from '../dispatch/index.js';
import { FaultBook } from '../dispatch/index.js';
import { ExdataLog } from '../telemetry/index.js';
import type { Sighting } from './accounts/index.js';
import { AccountHolds } from './accounts/index.js';
import { AlertBook } from './alerts/index.js';
import { DocumentHistory } from './document-history.js';
import type { ExdataLink } from './link.entity.js';
import type { Observation } from './observe.js';
import { Inject } from '../injection/index.js';

/** What may not be taken over from exdata, and what becomes of the row instead. */
@Injectable()
export class DocumentRefusals {
  constructor(
    @Inject(AccountHolds) private readonly holds: AccountHolds,
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** Whether exdata says that the document belongs to the other mode. */
  isOfOtherMode(row: Pick<ExdataLink, 'mode'>, { mode }: Observation['document']): boolean {
    return mode !== undefined && mode !== row.mode;
  }

  /**
   * Whether a document of that id is another one than the row's, since exdata has shown the row's to be of our mode.
   */
  isAnother(row: ExdataLink, seen: Observation['document']): boolean {
    return row.exdataId !== null && row.exdataMode === row.mode && this.isOfOtherMode(row, seen);
  }

  /**
   * A document of the other mode is never worked with, nor linked: within our mode its id is another document's. If our
   * own upload made it, the token is not the one of this environment, and the account is put on hold. A row whose own
   * document is known stays as it is: a person has to look at the token.
   */
  async otherMode(write: Write, row: ExdataLink, { document: seen, requestId, via }: Observation): Promise<void> {
    const code = 'wrong_mode';
    const mode = seen.mode?.slice(0, 16) ?? null;
    if (row.problem?.code === code && row.exdataMode === mode) return;
    const message = `exdata's document ${seen.id} is not of the mode '${row.mode}' that this environment is configured for`;
    const document = asSeen(row, seen.id);
    if (via === 'upload') await this.holds.place(write, code, { document, code, requestId });
    else {
      const { account } = row;
      await this.alerts.raise(write, {
        kind: code,
        many: true,
        account,
        cause: `mode:${row.id}`,
        code,
        message,
        requestId,
        document,
      });
    }
    if (this.isAnother(row, seen)) return;
    row.exdataMode = mode;
    await this.#fail(write, row, { code, message, requestId });
  }

  /** exdata gave this upload the id of another row's document; which of the two it is, a person has to find out. */
  async twin(
    write: Write,
    row: ExdataLink,
    twin: ExdataLink,
    { document: seen, requestId }: Observation,
  ): Promise<void> {
    const code = 'document_linked_elsewhere';
    const message = `exdata's document ${seen.id} is linked to ${twin.sourceType} ${twin.sourceId} already`;
    await this.#fail(write, row, { code, message, requestId });
    await this.alerts.raise(write, {
      kind: 'document_failed',
      many: true,
      account: row.account,
      cause: `${row.id}:${code}`,
      code,
      message,
      requestId,
      document: asSeen(row, seen.id),
    });
  }

  /**
   * A status that this version does not know is taken for `pending`: a line a minute for each account, however many
   * documents have one.
   */
  unknownStatus(write: Write, row: ExdataLink, { document: seen, requestId, deliveryId }: Observation): void {
    const { account, sourceType, sourceId } = row;
    const ids = { account, sourceType, sourceId, documentId: seen.id, requestId, deliveryId };
    const status = seen.status.slice(0, 64);
    const tell = (count: number): void => this.log.warn('document.unknown_status', ids, { status, count });
    write.afterCommit(() => this.faults.note('unknown_status', tell, account));
  }

  async #fail(write: Write, row: ExdataLink, { code, message, requestId }: Failure): Promise<void> {
    Object.assign(row, { state: 'failed', requestId, problem: { code, message, fields: null, retryAt: null } });
    row.work.dueAt = null;
    await this.history.record(write, row, 'failed', { requestId, detail: code });
    const { account, sourceType, sourceId, exdataId: documentId } = row;
    const ids = { account, sourceType, sourceId, documentId, requestId };
    const tell = (count: number): void => this.log.error('document.failed', ids, { code, count });
    write.afterCommit(() => this.faults.noteEach('document_failed', tell, account));
  }
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly requestId: string | null;
}

function asSeen({ id, account, sourceType, sourceId }: ExdataLink, exdataId: string): Sighting['document'] {
  return { id, account, sourceType, sourceId, exdataId };
}
