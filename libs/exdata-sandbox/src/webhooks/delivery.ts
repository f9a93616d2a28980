/** One event for one endpoint, with all its attempts. */
export interface Delivery {
  readonly id: string;
  readonly event: string;
  /** null for a body that stands for no document. */
  readonly documentId: number | null;
  readonly endpointId: string;
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** `exhausted`: the last retry failed too. `dropped`: lost by a fault, or its endpoint was removed. */
  readonly status: 'pending' | 'delivered' | 'exhausted' | 'dropped';
  /** Attempts begun. */
  readonly attempts: number;
}

/** What a scripted delivery fault is matched against. */
export type DeliveryFacts = Pick<Delivery, 'event' | 'documentId' | 'endpointId'> & {
  readonly deliveryId: string;
  /** From 1. */
  readonly attempt: number;
};
