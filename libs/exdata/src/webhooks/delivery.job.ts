import type { DataSource, EntityManager } from 'typeorm';
import { In, LessThanOrEqual } from 'typeorm';
import type { ExdataDocumentData, ExdataResult } from '../api/index.js';
import { ExdataNotFoundError, ExdataPermissionError } from '../api/index.js';
import type { Claim, Clock, ExdataTransactions, Job, WorkService } from '../dispatch/index.js';
import type { AccountReads, DocumentLedger } from '../documents/index.js';
import { ExdataDocument } from '../documents/index.js';
import type { ExdataLog } from '../telemetry/index.js';
import { inSpan } from '../telemetry/index.js';
import { documentIdIn } from './delivery-body.js';
import { ExdataDelivery } from './delivery.entity.js';
import type { DeliveryOutcome } from './delivery.entity.js';

export const deliveryJobName = 'delivery';

/** How long a delivery about a document without a row waits for an upload under way that may turn out to be its own, in milliseconds. */
const linkPatienceMs = 300_000;
const linkRetryMs = 2_000;

/** Works a delivery off: asks exdata for the document that it names, and takes over what exdata says rather than what the delivery says. */
export class DeliveryJob implements Job<ExdataDelivery> {
  readonly name = deliveryJobName;
  readonly entity = ExdataDelivery;
  readonly where = { outcome: 'open' as const };

  constructor(
    private readonly dataSource: DataSource,
    private readonly reads: AccountReads,
    private readonly ledger: DocumentLedger,
    private readonly transactions: ExdataTransactions,
    private readonly work: WorkService,
    private readonly clock: Clock,
    private readonly log: ExdataLog,
    readonly timeoutMs: number,
  ) {}

  async run(row: ExdataDelivery, claim: Claim): Promise<void> {
    await inSpan('delivery', { account: row.account, deliveryId: row.deliveryId }, async (span) => {
      const exdataId = documentIdIn(row.body);
      if (exdataId === null) {
        await this.#end(row, claim, 'ignored', { exdataId });
        return;
      }
      span.identify({ documentId: exdataId });
      const answer = await this.#read(row, exdataId, claim);
      if (!answer) {
        await this.#end(row, claim, 'unknown-document', { exdataId });
        return;
      }
      span.identify({ requestId: answer.requestId });
      const link = await this.ledger.match(this.dataSource.manager, row.account, answer.data);
      if (link) {
        span.identify({ sourceType: link.sourceType, sourceId: link.sourceId });
        await this.#apply(row, claim, link.id, answer);
      } else if (await this.#mayBeOurs(row)) {
        await this.transactions.run((manager) =>
          claim.settle(manager, { kind: 'wait', dueAt: this.clock.now() + linkRetryMs, error: 'waits for an upload under way' }),
        );
      } else {
        await this.#end(row, claim, 'foreign', { exdataId, requestId: answer.requestId });
      }
    });
  }

  async quarantine(row: ExdataDelivery, claim: Claim): Promise<void> {
    await this.#end(row, claim, 'dead', {}, 'poison: the process ended several times while it worked on this delivery');
  }

  async giveUp(row: ExdataDelivery, claim: Claim, error: unknown): Promise<void> {
    await this.#end(row, claim, 'dead', {}, String(error));
  }

  async #read({ account }: ExdataDelivery, exdataId: string, claim: Claim): Promise<ExdataResult<ExdataDocumentData> | null> {
    try {
      return await this.reads.document({ account, exdataId }, exdataId, { signal: claim.signal });
    } catch (error) {
      if (error instanceof ExdataNotFoundError || error instanceof ExdataPermissionError) return null;
      throw error;
    }
  }

  async #apply(
    row: ExdataDelivery,
    claim: Claim,
    rowId: string,
    { data: document, requestId }: ExdataResult<ExdataDocumentData>,
  ): Promise<void> {
    const applied = await this.transactions.run(async (manager) => {
      const result = await this.ledger.apply(manager, rowId, { document, via: 'webhook', requestId, deliveryId: row.deliveryId });
      await this.#settle(manager, row, claim, 'applied', { exdataId: document.id, requestId });
      return result;
    });
    await this.work.dispatchAll(applied.wake);
  }

  /** Whether an upload that had begun when the delivery came still waits for its answer: the document may be that one, unless exdata told us its `requester`. */
  async #mayBeOurs(row: ExdataDelivery): Promise<boolean> {
    if (this.clock.now() - row.receivedAt > linkPatienceMs) return false;
    return this.dataSource.manager.existsBy(ExdataDocument, {
      account: row.account,
      state: In(['uploading', 'unconfirmed']),
      firstSentAt: LessThanOrEqual(row.receivedAt),
    });
  }

  async #end(row: ExdataDelivery, claim: Claim, outcome: DeliveryOutcome, found: Found, error: string | null = null): Promise<void> {
    await this.transactions.run((manager) => this.#settle(manager, row, claim, outcome, found, error));
    const ids = { account: row.account, deliveryId: row.deliveryId, documentId: found.exdataId, requestId: found.requestId };
    this.log[error === null ? 'info' : 'error'](`delivery.${outcome}`, ids, { type: row.event });
  }

  async #settle(...[manager, row, claim, outcome, found, error = null]: SettleArguments): Promise<void> {
    await manager.update(ExdataDelivery, { id: row.id }, { outcome, ...found });
    await claim.settle(manager, error === null ? { kind: 'done', dueAt: null } : { kind: 'failed', dueAt: null, error });
  }
}

type Found = Partial<Pick<ExdataDelivery, 'exdataId' | 'requestId'>>;
type SettleArguments = [
  manager: EntityManager,
  row: ExdataDelivery,
  claim: Claim,
  outcome: DeliveryOutcome,
  found: Found,
  error?: string | null,
];
