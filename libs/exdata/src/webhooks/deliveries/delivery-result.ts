import type { Applied, ExdataDocument } from '../../documents/index.js';
import type { DeliveryOutcome, ExdataDelivery } from '../delivery.entity.js';

/** What a delivery ends with. */
export interface DeliveryResult extends Partial<
  Pick<ExdataDelivery, 'exdataId' | 'requestId' | 'documentRowId' | 'askedAt' | 'replayOf' | 'reason'>
> {
  readonly outcome: Exclude<DeliveryOutcome, 'open'>;
}

/** What becomes of a delivery whose document another one has asked for since it came. */
export function leantOn(
  { exdataId, replayOf }: ExdataDelivery,
  { documentRowId, requestId, askedAt, outcome, reason }: ExdataDelivery,
): DeliveryResult {
  if (outcome === 'dead' && replayOf === null) return { outcome, reason, exdataId, requestId, askedAt, replayOf };
  const became = replayOf !== null ? 'replayed' : documentRowId === null ? 'foreign' : 'applied';
  return { outcome: became, exdataId, requestId, documentRowId, askedAt, replayOf };
}

/** Whether exdata showed something that the row did not know. */
export function isNews(before: ExdataDocument, { document: after }: Applied): boolean {
  return before.state !== after.state || before.runId !== after.runId || before.flag !== after.flag;
}
