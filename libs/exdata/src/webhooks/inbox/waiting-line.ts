import { keyOf } from './batch.js';
import type { WaitingDelivery } from './waiting-delivery.js';

/** Deliveries that are stored as one row: the first of them, and what came as its copy. */
export type Copies = readonly [WaitingDelivery, ...WaitingDelivery[]];

export interface LineLimits {
  readonly maxBatch: number;
  readonly maxBatchBytes: number;
}

/** The deliveries that wait for the next insert, in the order in which they came. */
export class WaitingLine {
  #line: WaitingDelivery[] = [];

  get length(): number {
    return this.#line.length;
  }

  add(delivery: WaitingDelivery): void {
    this.#line.push(delivery);
  }

  /** Takes out what the next insert stores. */
  takeBatch({ maxBatch, maxBatchBytes }: LineLimits): Copies[] {
    const batch = new Map<string, [WaitingDelivery, ...WaitingDelivery[]]>();
    let bytes = 0;
    let taken = 0;
    for (const delivery of this.#line) {
      const key = keyOf(delivery.row);
      const copies = batch.get(key);
      if (copies) copies.push(delivery);
      else {
        bytes += delivery.row.body.length;
        if (batch.size > 0 && (batch.size === maxBatch || bytes > maxBatchBytes)) break;
        batch.set(key, [delivery]);
      }
      taken++;
    }
    this.#line = this.#line.slice(taken);
    return [...batch.values()];
  }

  /** Takes out what should have been answered by `now` (epoch ms). All wait equally long, so these stand first. */
  takeLate(now: number): WaitingDelivery[] {
    const first = this.#line.findIndex(({ answerBy }) => answerBy > now);
    return this.#line.splice(0, first === -1 ? this.#line.length : first);
  }
}
