import type { WaitingDelivery } from './waiting-delivery.js';

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

  /** Takes out what the next insert stores: always one at least. */
  takeBatch({ maxBatch, maxBatchBytes }: LineLimits): readonly WaitingDelivery[] {
    let bytes = 0;
    const end = this.#line.findIndex(({ row }, at) => (bytes += row.body.length) > maxBatchBytes && at > 0);
    return this.#line.splice(0, Math.min(maxBatch, end === -1 ? this.#line.length : end));
  }

  /** Takes out those that are late. All wait equally long, so these stand first. */
  takeLate(): readonly WaitingDelivery[] {
    const first = this.#line.findIndex(({ arrival }) => !arrival.isLate);
    return this.#line.splice(0, first === -1 ? this.#line.length : first);
  }
}
