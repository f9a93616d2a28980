/** What is to happen to the subjects that match, and how often. */
export interface Scripted<Subject, Effect> {
  /** Which subjects it is for; absent: every one. */
  readonly match?: ((subject: Subject) => boolean) | undefined;
  /** How many matching subjects go unharmed first: 2 is for the third one on; 0 by default. */
  readonly skip?: number | undefined;
  /** How many subjects it applies to, `Infinity` for all; 1 by default. */
  readonly times?: number | undefined;
  readonly effect: Effect;
}

/**
 * Effects laid down in advance: the first that matches a subject is used, and is gone once it was used as often as it
 * says. Request faults, delivery faults and processing outcomes are all of this kind.
 */
export class Script<Subject, Effect> {
  private entries: { match: (subject: Subject) => boolean; skip: number; left: number; effect: Effect }[] = [];

  /** @returns a function that takes the entry back */
  add({ match = () => true, skip = 0, times = 1, effect }: Scripted<Subject, Effect>): () => void {
    const entry = { match, skip, left: times, effect };
    this.entries.push(entry);
    return () => {
      this.entries = this.entries.filter((other) => other !== entry);
    };
  }

  /** The effect for this subject, if one was laid down. */
  take(subject: Subject): Effect | undefined {
    const entry = this.entries.find((candidate) => {
      if (candidate.left <= 0 || !candidate.match(subject)) return false;
      if (candidate.skip === 0) return true;
      candidate.skip -= 1;
      return false;
    });
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.entries = this.entries.filter((other) => other !== entry);
    return entry.effect;
  }

  clear(): void {
    this.entries = [];
  }
}
