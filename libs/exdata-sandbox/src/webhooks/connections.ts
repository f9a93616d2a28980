/** Lets only so many tasks run at a time; the others wait their turn, in order. */
export class Connections {
  private readonly waiting: (() => void)[] = [];
  private open = 0;

  constructor(private readonly most: number) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.open >= this.most) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.open += 1;
    try {
      return await task();
    } finally {
      const next = this.waiting.shift();
      // The place is handed on, so that nobody can come in between.
      if (next === undefined) this.open -= 1;
      else next();
    }
  }
}
