import { addressOf } from './http-error.js';

/** Why a listing does not go on. */
export interface TrailFault {
  readonly code: 'paging_elsewhere' | 'paging_loop' | 'paging_too_long';
  readonly what: string;
}

/** So often in a row may a page equal the one before: documents that arrive meanwhile can push a whole page on. */
const mostRepeats = 1;

/** The way of a listing from page to page, so that it stays at home and comes to an end. */
export class PageTrail {
  readonly #origin: string;
  readonly #maxPages: number;
  readonly #visited = new Set<string>();
  #pages = 0;
  #lastIds = '';
  #repeats = 0;

  constructor(start: URL, maxPages: number) {
    this.#origin = start.origin;
    this.#maxPages = maxPages;
    this.#visited.add(start.href);
  }

  /**
   * Looks at a page that came, and at where it points.
   * @param next null for what is no address, undefined after the last page
   * @returns why not to go there, undefined when all is well
   */
  fault(ids: readonly string[], next: URL | null | undefined): TrailFault | undefined {
    this.#pages += 1;
    if (next === undefined) return undefined;
    if (next?.origin !== this.#origin) {
      const where = next === null ? 'without an address' : `to ${addressOf(next)}`;
      return {
        code: 'paging_elsewhere',
        what: `its links.next points ${where}, which is not followed. Check the base URL.`,
      };
    }
    const page = ids.join(' ');
    this.#repeats = page !== '' && page === this.#lastIds ? this.#repeats + 1 : 0;
    this.#lastIds = page;
    if (this.#visited.has(next.href) || this.#repeats > mostRepeats)
      return {
        code: 'paging_loop',
        what: `its list leads in a circle after ${this.#pages} pages, so the documents that follow cannot be reached.`,
      };
    if (this.#pages >= this.#maxPages)
      return {
        code: 'paging_too_long',
        what: `its list goes on after ${this.#pages} pages. Raise maxPages if that is expected.`,
      };
    this.#visited.add(next.href);
    return undefined;
  }
}
