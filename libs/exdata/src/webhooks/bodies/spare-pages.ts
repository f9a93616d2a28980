/** Pages that wait to be used again at most; they stay when the crowd has gone. */
const most = 64;

/**
 * The largest pages are used again: else a crowd of strangers would leave as much to the garbage collector as it sends.
 */
export class SparePages {
  readonly #spare: Buffer[] = [];

  constructor(readonly pageSize: number) {}

  /** What is in it is of no meaning. */
  take(bytes: number): Buffer {
    return (bytes === this.pageSize ? this.#spare.pop() : undefined) ?? Buffer.allocUnsafe(bytes);
  }

  /** Only for pages that nobody else looks at. */
  giveBack(pages: readonly Buffer[]): void {
    for (const page of pages) if (page.length === this.pageSize && this.#spare.length < most) this.#spare.push(page);
  }
}
