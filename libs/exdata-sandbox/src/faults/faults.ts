import type { Script, Scripted } from '../script.js';
import type { Deliveries } from '../webhooks/deliveries.js';
import type { DeliveryFacts } from '../webhooks/delivery.js';
import type { DeliveryFault } from '../webhooks/delivery-override.js';
import type { RequestFacts, RequestFault } from './request-fault.js';

/** Accidents laid down in advance, each for the next request or delivery attempt unless `match` and `times` say otherwise. */
export class Faults {
  constructor(
    private readonly requests: Script<RequestFacts, RequestFault>,
    private readonly deliveries: Deliveries,
  ) {}

  /** @returns a function that takes the fault back */
  request(fault: RequestFault, which: Omit<Scripted<RequestFacts, RequestFault>, 'effect'> = {}): () => void {
    return this.requests.add({ ...which, effect: fault });
  }

  /** @returns a function that takes the fault back */
  delivery(fault: DeliveryFault, which: Omit<Scripted<DeliveryFacts, DeliveryFault>, 'effect'> = {}): () => void {
    return this.deliveries.script({ ...which, effect: fault });
  }

  /** Takes all faults back. */
  clear(): void {
    this.requests.clear();
    this.deliveries.clearFaults();
  }
}
