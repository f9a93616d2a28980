import type { SandboxClock } from '../clock/clock.js';

/** What a token is for (exdata docs: API tokens). */
export type Mode = 'test' | 'live';
/** What a token may do. */
export type Ability = 'documents:read' | 'documents:write';

/** A bearer token. */
export interface TokenOptions {
  readonly token: string;
  readonly mode: Mode;
  /** Both by default. */
  readonly abilities?: readonly Ability[] | undefined;
}

/** An account and what belongs to it. */
export interface AccountOptions {
  readonly id: string;
  readonly tokens: readonly TokenOptions[];
  /** Credits for live uploads, one each; 100 by default. */
  readonly credits?: number | undefined;
  /** Test-mode uploads per UTC day; no limit by default. */
  readonly dailyTestUploads?: number | undefined;
}

/** Who asks. */
export interface Caller {
  readonly account: string;
  readonly token: string;
  readonly mode: Mode;
  readonly abilities: readonly Ability[];
}

/** What an account has left. */
export interface AccountState {
  readonly id: string;
  readonly credits: number;
  readonly dailyTestUploads: number;
  /** Of the current UTC day. */
  readonly testUploadsToday: number;
  readonly tokens: readonly Pick<Caller, 'mode' | 'abilities'>[];
}

interface Account {
  credits: number;
  dailyTestUploads: number;
  /** Number of the UTC day that `testUploads` counts. */
  day: number;
  testUploads: number;
}

const dayMs = 86_400_000;

/** Accounts, tokens, credits and the daily window of test mode. */
export class Accounts {
  private readonly accounts = new Map<string, Account>();
  private readonly callers = new Map<string, Caller>();

  constructor(private readonly clock: SandboxClock) {}

  /** All accounts with what they have left; never a token. */
  list(): readonly AccountState[] {
    return [...this.accounts].map(([id, { credits, dailyTestUploads, day, testUploads }]) => ({
      id,
      credits,
      dailyTestUploads,
      testUploadsToday: day === this.today() ? testUploads : 0,
      tokens: [...this.callers.values()]
        .filter(({ account }) => account === id)
        .map(({ mode, abilities }) => ({ mode, abilities })),
    }));
  }

  /** Adds an account. @throws {Error} if its id or one of its tokens exists */
  add({ id, tokens, credits = 100, dailyTestUploads = Infinity }: AccountOptions): void {
    if (this.accounts.has(id)) throw new Error(`There is an account ${id} already.`);
    this.accounts.set(id, { credits, dailyTestUploads, day: 0, testUploads: 0 });
    for (const token of tokens) this.addToken(id, token);
  }

  /** Adds a token to an account. @throws {Error} if the account is unknown or the token exists */
  addToken(account: string, { token, mode, abilities = ['documents:read', 'documents:write'] }: TokenOptions): void {
    this.get(account);
    if (this.callers.has(token)) throw new Error('There is such a token already.');
    this.callers.set(token, { account, token, mode, abilities });
  }

  /** Makes a token worthless. @returns whether there was such a token */
  revokeToken(token: string): boolean {
    return this.callers.delete(token);
  }

  /** Changes what a token may do. @throws {Error} if there is no such token */
  setAbilities(token: string, abilities: readonly Ability[]): void {
    const caller = this.callers.get(token);
    if (caller === undefined) throw new Error('There is no such token.');
    this.callers.set(token, { ...caller, abilities });
  }

  /** Whose token it is. */
  authenticate(token: string): Caller | undefined {
    return this.callers.get(token);
  }

  credits(account: string): number {
    return this.get(account).credits;
  }

  setCredits(account: string, credits: number): void {
    this.get(account).credits = credits;
  }

  /** Adds credits, as buying them in exdata's app does. @returns what there is now */
  topUp(account: string, credits: number): number {
    return (this.get(account).credits += credits);
  }

  /** Limits test-mode uploads of a UTC day. */
  setDailyTestUploads(account: string, limit: number): void {
    this.get(account).dailyTestUploads = limit;
  }

  /** Reserves one credit (exdata docs: Credits). @returns whether there was one */
  reserveCredit(account: string): boolean {
    const found = this.get(account);
    if (found.credits < 1) return false;
    found.credits -= 1;
    return true;
  }

  /** Counts a test-mode upload. @returns 0, or over the day's limit the milliseconds until the next window */
  countTestUpload(account: string): number {
    const found = this.get(account);
    const day = this.today();
    if (found.day !== day) Object.assign(found, { day, testUploads: 0 });
    if (found.testUploads >= found.dailyTestUploads) return (day + 1) * dayMs - this.clock.now();
    found.testUploads += 1;
    return 0;
  }

  private today(): number {
    return Math.floor(this.clock.now() / dayMs);
  }

  private get(id: string): Account {
    const account = this.accounts.get(id);
    if (account === undefined) throw new Error(`There is no account ${id}.`);
    return account;
  }
}
