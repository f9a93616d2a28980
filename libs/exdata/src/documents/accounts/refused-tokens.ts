import { randomUUID } from 'node:crypto';

/** How long what was noted of a process tells that it lives, in milliseconds. */
const countsMs = 600_000;
/** How often a process notes that it lives, in milliseconds. */
const noteEveryMs = 60_000;
/** Processes of a rollout have two tokens, seldom three. */
const most = 4;

interface Print {
  readonly print: string;
  /** When a process was last seen that holds the token (epoch ms). */
  readonly at: number;
}

/**
 * The tokens that exdata refused last, as an account's row keeps them: none of them, but prints under a key of the
 * row's own. Beside them stands when processes were last seen that hold one of these, and one that holds another. So
 * the former leave the account to the latter for as long as those live.
 */
export class RefusedTokens {
  private constructor(
    readonly key: string,
    /** When a process was last seen that holds another token (epoch ms). */
    private readonly servedAt: number,
    private readonly prints: readonly Print[],
  ) {}

  /** @param text as a row keeps it; null where none was refused */
  static of(text: string | null): RefusedTokens {
    const [key, servedAt, ...prints] = text?.split(' ') ?? [];
    if (key === undefined) return new RefusedTokens(randomUUID(), 0, []);
    return new RefusedTokens(
      key,
      Number(servedAt),
      prints.map((each) => ({ print: each.slice(0, 32), at: Number(each.slice(33)) })),
    );
  }

  has(print: string): boolean {
    return this.prints.some((each) => each.print === print);
  }

  /** Whether a process lives that holds another token: those that hold one of these leave the account to it. */
  isServed(now: number): boolean {
    return isSince(this.servedAt, countsMs, now);
  }

  /** Whether a process lives that holds one of these. */
  isHeldSomewhere(now: number): boolean {
    return this.prints.some(({ at }) => isSince(at, countsMs, now));
  }

  /** Whether it is time that a process which holds the token notes that it lives. */
  isToBeNoted(print: string, now: number): boolean {
    const at = this.prints.find((each) => each.print === print)?.at ?? this.servedAt;
    return !isSince(at, noteEveryMs, now);
  }

  /** The text for the row: a process lives that holds the token. */
  noted(print: string, now: number): string {
    return this.has(print) ? this.with(print, now) : this.#text(now, this.prints);
  }

  /** The text for the row, with a token that was refused just now. */
  with(print: string, now: number): string {
    const others = this.prints.filter((each) => each.print !== print).slice(1 - most);
    return this.#text(this.servedAt, [...others, { print, at: now }]);
  }

  #text(servedAt: number, prints: readonly Print[]): string {
    return [this.key, String(servedAt), ...prints.map(({ print, at }) => `${print}@${at}`)].join(' ');
  }
}

/** Whether it was less than `ms` ago by this clock, which may be a little behind the one that it was noted by. */
function isSince(at: number, ms: number, now: number): boolean {
  return Math.abs(now - at) < ms;
}
