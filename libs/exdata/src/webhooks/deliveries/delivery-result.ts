import type { ExdataLink } from '../../documents/index.js';
import type { ExdataDeliveryOutcome, ExdataDelivery } from '../delivery.entity.js';
import type { BegunRead } from './delivery-looks.js';
import type { Reading } from './document-reads.js';

/** What a delivery ends with. */
export interface DeliveryResult extends Partial<
  Pick<
    ExdataDelivery,
    'exdataId' | 'requestId' | 'linkId' | 'askedAt' | 'replayOf' | 'reason' | 'body' | 'bodyDropped' | 'note'
  >
> {
  readonly outcome: Exclude<ExdataDeliveryOutcome, 'open'>;
}

/** What becomes of a delivery whose document another one has asked for since it came. */
function leantOn(
  { exdataId, replayOf }: ExdataDelivery,
  { linkId, requestId, askedAt, outcome, reason }: BegunRead,
): DeliveryResult {
  if (outcome === 'dead' && replayOf === null) return { outcome, reason, exdataId, requestId, askedAt, replayOf };
  const became = replayOf !== null ? 'replayed' : linkId === null ? 'foreign' : 'applied';
  return { outcome: became, exdataId, requestId, linkId, askedAt, replayOf };
}

/** What becomes of a delivery whose document was erased here: it is known that it came, and not what it said. */
export function erasedWith(
  { exdataId, replayOf }: ExdataDelivery,
  { id: linkId }: Pick<ExdataLink, 'id'>,
): DeliveryResult {
  return {
    outcome: 'discarded',
    note: 'erased',
    body: Buffer.alloc(0),
    bodyDropped: true,
    exdataId,
    linkId,
    replayOf,
  };
}

/** What becomes of a delivery that exdata is not asked for. */
export function unasked(
  row: ExdataDelivery,
  reading: Extract<Reading, { readonly kind: 'leant' | 'erased' }>,
): DeliveryResult {
  return reading.kind === 'leant' ? leantOn(row, reading.on) : erasedWith(row, reading.document);
}

/** Whether exdata showed something that the row did not know. */
export function isNews(before: Known, after: Known): boolean {
  return before.state !== after.state || before.runId !== after.runId || before.flag !== after.flag;
}

type Known = Pick<ExdataLink, 'state' | 'runId' | 'flag'>;
