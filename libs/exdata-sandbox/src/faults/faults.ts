import type { Script, Scripted } from '../script.js';
import type { Deliveries } from '../webhooks/deliveries.js';
import type { DeliveryFacts } from '../webhooks/delivery.js';
import type { DeliveryFault } from '../webhooks/delivery-override.js';
import type { HeldAnswers } from './held-answers.js';
import type { RequestFacts, RequestFault } from './request-fault.js';

/**
 * Accidents laid down in advance, each for the next request or delivery attempt unless `match`, `skip` and `times` say
 * otherwise.
 */
export class Faults {
  constructor(
    private readonly requests: Script<RequestFacts, RequestFault>,
    private readonly held: HeldAnswers,
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

  /** Gives all answers now that a fault keeps back. @returns how many there were */
  release(): number {
    return this.held.release();
  }

  /** Takes all faults back. Answers that are kept back stay so. */
  clear(): void {
    this.requests.clear();
    this.deliveries.clearFaults();
  }
}
