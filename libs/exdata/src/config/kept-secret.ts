import type { z } from 'zod';
import { pathText } from './faults.js';
import type { Reading, SecretReader } from './secret-reader.js';
import type { SourceContext } from './source-context.js';
import { SourceFault } from './source-fault.js';

/**
 * A secret that is asked for at each use. What cannot be had, or is not what it should be, leaves the last good value
 * in place, and is told at each use until it is mended.
 */
export class KeptSecret<T> {
  #good: { readonly raw: unknown; readonly value: T } | undefined;

  /** @param field what a fault is about, unless the reader knows better */
  constructor(
    private readonly field: string,
    private readonly read: SecretReader,
    private readonly schema: z.ZodType<T>,
    private readonly told: Pick<SourceContext, 'notRenewed' | 'renewed'>,
  ) {}

  /** @throws {SourceFault} when there never was a good value */
  async get(): Promise<T> {
    return this.#read(false);
  }

  /** The same, past what is kept of the source. */
  async renew(): Promise<T> {
    return this.#read(true);
  }

  async #read(anew: boolean): Promise<T> {
    try {
      const reading = await this.read(anew);
      if (!this.#good || reading.raw !== this.#good.raw) this.#good = { raw: reading.raw, value: this.#parse(reading) };
      this.told.renewed(this.field);
    } catch (error) {
      if (!this.#good) throw error;
      this.#tell(error);
    }
    return this.#good.value;
  }

  #parse({ raw, subject = this.field }: Reading): T {
    const parsed = this.schema.safeParse(raw);
    if (parsed.success) return parsed.data;
    throw new SourceFault(
      parsed.error.issues.map(({ path, message }) => ({ subject: pathText(path, subject), message })),
    );
  }

  #tell(error: unknown): void {
    const lines = error instanceof SourceFault ? error.linesFor(this.field) : [`${this.field}: could not be read`];
    this.told.notRenewed(this.field, lines.join('; '));
  }
}
