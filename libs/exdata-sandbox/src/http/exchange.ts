import type { IncomingMessage } from 'node:http';
import type { Ability, Accounts, Caller } from '../accounts/accounts.js';
import type { SandboxClock } from '../clock/clock.js';
import type { RequestEntry } from '../journal/entries.js';
import type { Journal, JournalLine } from '../journal/journal.js';
import type { SeededRandom } from '../random.js';
import { ApiProblem } from './problem.js';

/** One request on its way to an answer, with its line in the journal. */
export class Exchange {
  readonly url: URL;
  readonly requestId: string;
  readonly idempotencyKey: string | undefined;
  readonly line: JournalLine<RequestEntry>;

  constructor(
    readonly request: IncomingMessage,
    private readonly accounts: Accounts,
    journal: Journal,
    clock: SandboxClock,
    random: SeededRandom,
  ) {
    this.url = parseTarget(request.url);
    const given = header(request, 'x-request-id');
    // A longer id than the contract allows is not repeated.
    this.requestId = given !== undefined && /^[\x21-\x7e]{1,128}$/.test(given) ? given : `req_${random.base32()}`;
    this.idempotencyKey = header(request, 'idempotency-key');
    this.line = journal.add<RequestEntry>({
      kind: 'request',
      at: clock.now(),
      method: this.method,
      path: this.url.pathname,
      headers: redacted(request),
      requestId: this.requestId,
      idempotencyKey: this.idempotencyKey ?? null,
      account: null,
      mode: null,
      fields: null,
      file: null,
      outcome: 'open',
      status: null,
      code: null,
      documentId: null,
      replayed: false,
      faulty: false,
    });
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }

  /**
   * Who asks, once they may.
   * @param ability what the operation needs; absent: any token will do
   * @throws {ApiProblem} 401, 403
   */
  caller(ability?: Ability): Caller {
    const token = /^Bearer +(\S+) *$/i.exec(header(this.request, 'authorization') ?? '')?.[1];
    const caller = token === undefined ? undefined : this.accounts.authenticate(token);
    if (caller === undefined) throw new ApiProblem(401, 'unauthenticated', 'Unauthenticated.', {}, { 'WWW-Authenticate': 'Bearer' });
    this.line.update({ account: caller.account, mode: caller.mode });
    if (ability !== undefined && !caller.abilities.includes(ability)) {
      throw new ApiProblem(403, 'missing_ability', `The token lacks the ability ${ability}.`);
    }
    return caller;
  }
}

function parseTarget(target = '/'): URL {
  const base = 'http://sandbox.invalid';
  return URL.canParse(target, base) ? new URL(target, base) : new URL('/', base);
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function redacted(request: IncomingMessage): Record<string, string> {
  const names = Object.keys(request.headers);
  return Object.fromEntries(
    names.map((name) => [name, name === 'authorization' || name === 'cookie' ? '[redacted]' : (header(request, name) ?? '')]),
  );
}
