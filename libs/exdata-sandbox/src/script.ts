/** What is to happen to the subjects that match, and how often. */
export interface Scripted<Subject, Effect> {
  /** Which subjects it is for; absent: every one. */
  readonly match?: ((subject: Subject) => boolean) | undefined;
  /** How many subjects it applies to, `Infinity` for all; 1 by default. */
  readonly times?: number | undefined;
  readonly effect: Effect;
}

/**
 * Effects laid down in advance: the first that matches a subject is used, and is gone once it was used as often as it says.
 * Request faults, delivery faults and processing outcomes are all of this kind.
 */
export class Script<Subject, Effect> {
  private entries: { match: (subject: Subject) => boolean; left: number; effect: Effect }[] = [];

  /** @returns a function that takes the entry back */
  add({ match = () => true, times = 1, effect }: Scripted<Subject, Effect>): () => void {
    const entry = { match, left: times, effect };
    this.entries.push(entry);
    return () => {
      this.entries = this.entries.filter((other) => other !== entry);
    };
  }

  /** The effect for this subject, if one was laid down. */
  take(subject: Subject): Effect | undefined {
    const entry = this.entries.find(({ left, match }) => left > 0 && match(subject));
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.entries = this.entries.filter((other) => other !== entry);
    return entry.effect;
  }

  clear(): void {
    this.entries = [];
  }
}
