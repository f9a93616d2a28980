import type { EntityManager } from 'typeorm';
import type { ExdataDelivery } from '../delivery.entity.js';

/** The document that a delivery is about, as the inbox names it. */
export interface DeliverySubjectKey {
  readonly id: string;
  readonly mode: ExdataDelivery['mode'];
  readonly account: string;
  readonly exdataId: string;
}

/** A read as it stands in the row of the delivery that began it. */
export type BegunRead = Pick<ExdataDelivery, 'id' | 'outcome' | 'reason' | 'askedAt' | 'requestId' | 'linkId'>;

/** From when until when reads began, both included (epoch ms); `to` may be Infinity. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Which reads are looked for. */
export interface Begun {
  readonly now: number;
  /** Those that have led to an outcome; none where it is left out. */
  readonly answered?: Span | undefined;
  /** Those of deliveries that are worked on at `now`. */
  readonly asking: Span;
}

/** What is asked of the inbox for each delivery that is worked on. What differs between databases is behind it. */
export abstract class DeliveryLooks {
  /** Deliveries that came under the id of this one with other bytes, and not after it. */
  abstract underSameId(row: ExdataDelivery): Promise<readonly Pick<ExdataDelivery, 'id' | 'receivedAt'>[]>;

  /**
   * Writes into the row that its read begins, unless the document was erased here or the fence is lost; resolves to
   * whether it did.
   */
  abstract mark(about: DeliverySubjectKey, fence: number, askedAt: number): Promise<boolean>;

  /**
   * The few reads of other deliveries about the document that began last, the latest first, and of one moment by their
   * ids; without a manager as they are committed.
   */
  abstract lastBegun(about: DeliverySubjectKey, begun: Begun, within?: EntityManager): Promise<readonly BegunRead[]>;
}

/** Outcomes that a read led to. */
export const answeredOutcomes = [
  'applied',
  'replayed',
  'foreign',
  'dead',
] as const satisfies readonly ExdataDelivery['outcome'][];

/**
 * How many of those that began last are looked at: one that asks, and one that was answered, even where two that had
 * begun at once both go on.
 */
export const fewestBegun = 3;
