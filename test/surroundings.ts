import type { SourceContext } from '../libs/exdata/src/config/source-context.js';

/** A clock that stands still until it is moved, in place of the real one; keeps what is told. */
export class Surroundings implements SourceContext {
  /** Each use that found a secret which could not be renewed. */
  readonly told: string[] = [];
  /** The secrets that could. */
  readonly mended = new Set<string>();
  readonly variables: Record<string, string | undefined>;
  #now = 1_700_000_000_000;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.variables = { ...variables };
  }

  readonly clock = {
    now: () => this.#now,
    after: (ms: number, run: () => void) => {
      const timer = { at: this.#now + ms, run };
      this.#timers.add(timer);
      return () => void this.#timers.delete(timer);
    },
  };

  readonly apart = <T>(call: () => T): T => call();

  readonly notRenewed = (_field: string, fault: string): void => void this.told.push(fault);
  readonly renewed = (field: string): void => void this.mended.add(field);

  /** Moves the clock, and runs what has fallen due. */
  pass(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      this.#timers.delete(timer);
      timer.run();
    }
  }
}

export function surroundings({
  variables = {},
}: { variables?: Readonly<Record<string, string | undefined>> } = {}): Surroundings {
  return new Surroundings(variables);
}
