/**
 * The documents that are sent, and the line in which they are: so many of them alive at once, the next one submitted
 * when one is handled.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** @typedef {{ id: string, file: Buffer, filename: string }} SentDocument */

const bytes = Number(process.env.BENCH_BYTES ?? 4096);
/**
 * A picture by its first bytes: the simulator would look for an invoice in a PDF, which costs more than all else that
 * it does.
 */
const picture = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), randomBytes(bytes)]).subarray(
  0,
  bytes,
);

/** Each document has other bytes. @param {number} number @returns {SentDocument} */
function documentOf(number) {
  const id = `life-${number}`;
  const file = Buffer.from(picture);
  file.write(id, bytes - 40);
  return { id, file, filename: `${id}.png` };
}

export class DocumentLine {
  /** Handlers are called in contexts, and transactions, that the next document is no part of. */
  #outside = AsyncLocalStorage.snapshot();
  #next = 0;
  #end = 0;
  #left = 0;
  /** @type {(value?: undefined) => void} */
  #over = () => undefined;
  /** @type {(error: unknown) => void} */
  #failed = () => undefined;
  /** Those that were counted. @type {Set<string>} */
  #handled = new Set();

  /** @param {(document: SentDocument) => Promise<unknown>} submit */
  constructor(submit) {
    this.submit = submit;
  }

  /**
   * Resolves when so many more documents were submitted and a handler called for each.
   * @param {{ documents: number, atOnce: number }} size
   */
  async live({ documents, atOnce }) {
    this.#end += documents;
    this.#left = documents;
    const over = new Promise((resolve, reject) => {
      this.#over = resolve;
      this.#failed = reject;
    });
    for (let begun = 0; begun < Math.min(atOnce, documents); begun++) this.#submitNext();
    await over;
  }

  /** Called by the handler, perhaps more than once. @param {string} id */
  handled(id) {
    if (this.#handled.has(id)) return;
    this.#handled.add(id);
    this.#submitNext();
    if (--this.#left === 0) this.#over();
  }

  #submitNext() {
    if (this.#next === this.#end) return;
    this.#outside(() => this.submit(documentOf(this.#next++)).catch((error) => this.#failed(error)));
  }
}
