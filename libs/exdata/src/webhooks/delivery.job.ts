import type { DataSource } from 'typeorm';
import type { ExdataDocumentData } from '../api/index.js';
import type { Claim, Clock, ExdataTransactions, Job, WorkService } from '../dispatch/index.js';
import { NotYetError } from '../dispatch/index.js';
import type { AccountReads, DocumentLedger, ExdataDocument } from '../documents/index.js';
import { DeadLetterError, isUnknownDocument, reasonFor } from '../documents/index.js';
import { inSpan } from '../telemetry/index.js';
import type { ExdataSpan } from '../telemetry/index.js';
import type { ConflictingIds } from './deliveries/conflicting-ids.js';
import { checkNamesNone, contentOf } from './deliveries/delivery-content.js';
import type { DeliveryEnd } from './deliveries/delivery-end.js';
import { erasedWith, isNews, unasked } from './deliveries/delivery-result.js';
import type { DeliveryResult } from './deliveries/delivery-result.js';
import type { DeliveryRuns } from './deliveries/delivery-runs.js';
import { sinceOf } from './deliveries/document-reads.js';
import type { DocumentReads } from './deliveries/document-reads.js';
import type { PendingUploads } from './deliveries/pending-uploads.js';
import type { SeenBodies } from './deliveries/seen-bodies.js';
import { deliveryJobName } from './delivery-job-name.js';
import { ExdataDelivery } from './delivery.entity.js';

/** When a delivery that waits for an upload's answer looks again, in milliseconds. */
const linkRetryMs = 2_000;
const waitsForUpload = 'waits for an upload under way';

export interface DeliveryJobParts {
  readonly dataSource: DataSource;
  readonly reads: AccountReads;
  readonly seen: SeenBodies;
  readonly conflicts: ConflictingIds;
  readonly shared: DocumentReads;
  readonly runs: DeliveryRuns;
  readonly uploads: PendingUploads;
  readonly ends: DeliveryEnd;
  readonly ledger: DocumentLedger;
  readonly transactions: ExdataTransactions;
  readonly work: WorkService;
  readonly clock: Clock;
}

export interface DeliverySettings {
  readonly timeoutMs: number;
  /** Whether the document in the signed body is believed, where there is one. */
  readonly believesPayload: boolean;
  /** How long a delivery waits for its account, in milliseconds. */
  readonly waitTotalMs: number;
}

/** A document as it is to be taken over, and how it was come by. */
interface Confirmed {
  readonly document: ExdataDocumentData;
  readonly requestId: string | null;
}

/** Works a delivery off: asks exdata for the document that it names, and takes over what exdata says rather than what the delivery says. */
export class DeliveryJob implements Job<ExdataDelivery> {
  readonly name = deliveryJobName;
  readonly entity = ExdataDelivery;
  readonly where = { outcome: 'open' as const };
  readonly timeoutMs: number;

  constructor(
    private readonly parts: DeliveryJobParts,
    private readonly settings: DeliverySettings,
  ) {
    this.timeoutMs = settings.timeoutMs;
  }

  async run(row: ExdataDelivery, claim: Claim): Promise<void> {
    await inSpan('delivery', { account: row.account, deliveryId: row.deliveryId }, async (span) => {
      span.note('event', row.event);
      // What cannot be forgotten now is forgotten another time.
      await this.parts.seen.forget().catch(() => undefined);
      try {
        await this.#work(row, claim, span);
      } catch (error) {
        const final = this.#final(row, error);
        if (!final) throw error;
        span.note('result', 'dead');
        await this.parts.ends.dead(row, claim, final.reason, error);
      }
    });
  }

  async quarantine(row: ExdataDelivery, claim: Claim): Promise<void> {
    await this.parts.ends.dead(row, claim, 'poison', 'the process ended several times while it worked on this delivery');
  }

  async giveUp(row: ExdataDelivery, claim: Claim, error: unknown): Promise<void> {
    await this.parts.ends.dead(row, claim, reasonFor(error, claim, 'confirm-failed'), error);
  }

  async #work(row: ExdataDelivery, claim: Claim, span: ExdataSpan): Promise<void> {
    const { seen, conflicts, shared, runs, work } = this.parts;
    await conflicts.mark(row);
    const content = contentOf(row.body);
    const exdataId = content.documentId ?? row.exdataId;
    row.exdataId = exdataId;
    row.replayOf = await seen.originalOf(row);
    const erased = exdataId === null ? null : await shared.erasedOf(row, exdataId);
    if (erased) {
      await this.#end(row, claim, span, erasedWith(row, erased));
      return;
    }
    if (row.body.length > 0) await work.dispatchAll(await runs.open(row, content.event ?? row.event));
    if (exdataId === null) {
      checkNamesNone(row, content);
      await this.#end(row, claim, span, { outcome: row.replayOf === null ? 'ignored' : 'replayed' });
      return;
    }
    span.identify({ documentId: exdataId });
    if (row.work.lastError === waitsForUpload && (await this.parts.uploads.stillMayOwn(row, exdataId))) {
      await this.#wait(claim, this.parts.clock.now() + linkRetryMs, waitsForUpload);
      return;
    }
    if (this.settings.believesPayload && content.document !== null) {
      await this.#takeOver(row, claim, span, { document: content.document, requestId: null });
      return;
    }
    const reading = await shared.begin(row, claim, exdataId, (manager, found) =>
      found.kind === 'wait'
        ? claim.settle(manager, { kind: 'wait', dueAt: found.dueAt, error: 'waits for the read of another delivery' })
        : this.parts.ends.settle(manager, row, claim, unasked(row, found)),
    );
    if (reading.kind === 'leant' || reading.kind === 'erased') this.#tell(row, span, unasked(row, reading));
    else if (reading.kind === 'ask') await this.#takeOver(row, claim, span, await this.#read(row, exdataId, claim));
  }

  /** What ends the delivery at once, whatever the retries would say. */
  #final(row: ExdataDelivery, error: unknown): DeadLetterError | null {
    if (error instanceof DeadLetterError) return error;
    if (isUnknownDocument(error)) return new DeadLetterError('unknown-document', error.code);
    const waited = this.parts.clock.now() - sinceOf(row);
    return error instanceof NotYetError && waited > this.settings.waitTotalMs ? new DeadLetterError('expired', error.code) : null;
  }

  async #read(row: ExdataDelivery, exdataId: string, claim: Claim): Promise<Confirmed> {
    try {
      const { data, requestId } = await this.parts.reads.document({ account: row.account, exdataId }, exdataId, { signal: claim.signal });
      return { document: data, requestId };
    } catch (error) {
      // Others need not wait for it; should that fail too, they wait a little.
      if (!isUnknownDocument(error)) await this.parts.shared.abandon(row, claim).catch(() => undefined);
      throw error;
    }
  }

  async #takeOver(row: ExdataDelivery, claim: Claim, span: ExdataSpan, confirmed: Confirmed): Promise<void> {
    const { document, requestId } = confirmed;
    const { askedAt, replayOf } = row;
    span.identify({ requestId });
    const link = await this.parts.ledger.match(this.parts.dataSource.manager, row.account, document);
    if (link) {
      span.identify({ sourceType: link.sourceType, sourceId: link.sourceId });
      await this.#apply(row, claim, span, link, confirmed);
    } else if (document.requester === undefined && (await this.parts.uploads.mayOwn(row))) {
      await this.#wait(claim, this.parts.clock.now() + linkRetryMs, waitsForUpload);
    } else {
      await this.#end(row, claim, span, { outcome: 'foreign', exdataId: document.id, requestId, askedAt, replayOf });
    }
  }

  async #apply(
    row: ExdataDelivery,
    claim: Claim,
    span: ExdataSpan,
    link: ExdataDocument,
    { document, requestId }: Confirmed,
  ): Promise<void> {
    const { ledger, ends, transactions, work } = this.parts;
    const { askedAt, replayOf, deliveryId } = row;
    const { applied, result } = await transactions.run(async (manager) => {
      const applied = await ledger.apply(manager, link.id, { document, via: 'webhook', requestId, deliveryId });
      const outcome = replayOf !== null && !isNews(link, applied) ? 'replayed' : 'applied';
      const became: DeliveryResult = { outcome, exdataId: document.id, requestId, documentRowId: link.id, askedAt, replayOf };
      const result = applied.document.erasedAt === null ? became : erasedWith(row, link);
      await ends.settle(manager, row, claim, result);
      return { applied, result };
    });
    await work.dispatchAll(applied.wake);
    this.#tell(row, span, result);
  }

  async #end(row: ExdataDelivery, claim: Claim, span: ExdataSpan, result: DeliveryResult): Promise<void> {
    await this.parts.transactions.run((manager) => this.parts.ends.settle(manager, row, claim, { replayOf: row.replayOf, ...result }));
    this.#tell(row, span, result);
  }

  #tell(row: ExdataDelivery, span: ExdataSpan, result: DeliveryResult): void {
    span.note('result', result.outcome);
    this.parts.ends.tell(row, result);
  }

  async #wait(claim: Claim, dueAt: number, error: string): Promise<void> {
    await this.parts.transactions.run((manager) => claim.settle(manager, { kind: 'wait', dueAt, error }));
  }
}
