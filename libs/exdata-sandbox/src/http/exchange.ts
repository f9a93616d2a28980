import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Ability, Accounts, Caller } from '../accounts/accounts.js';
import type { RequestRates } from '../accounts/request-rates.js';
import type { SandboxClock } from '../clock/clock.js';
import type { RequestFacts } from '../faults/request-fault.js';
import type { RequestEntry } from '../journal/entries.js';
import type { Journal, JournalLine } from '../journal/journal.js';
import type { SeededRandom } from '../random.js';
import type { Readings } from '../readings.js';
import { ApiProblem } from './problem.js';
import { findRoute, type Route } from './routes.js';
import { throttled } from './throttled.js';
import { tooMany } from './too-many.js';

interface Surroundings {
  readonly accounts: Accounts;
  readonly rates: RequestRates;
  readonly journal: Journal;
  readonly clock: SandboxClock;
  readonly random: SeededRandom;
  readonly readings: Readings;
}

/** One request on its way to an answer, with its line in the journal. */
export class Exchange {
  readonly url: URL;
  readonly route: Route | undefined;
  readonly idempotencyKey: string | undefined;
  readonly line: JournalLine<RequestEntry>;
  /** The request's body, perhaps slowed down. */
  body: Readable;
  private readonly token: string | undefined;
  private readonly givenId: string | undefined;
  private readonly ownId: string;

  constructor(
    readonly request: IncomingMessage,
    private readonly surroundings: Surroundings,
  ) {
    const { journal, clock, random } = surroundings;
    this.body = request;
    this.url = parseTarget(request.url);
    this.route = findRoute(this.method, this.url.pathname);
    const givenId = header(request, 'x-request-id');
    // A longer id than the contract allows is not repeated.
    this.givenId = givenId !== undefined && /^[\x21-\x7e]{1,128}$/.test(givenId) ? givenId : undefined;
    this.ownId = `req_${random.base32()}`;
    this.idempotencyKey = header(request, 'idempotency-key');
    this.token = /^Bearer +(\S+) *$/i.exec(header(request, 'authorization') ?? '')?.[1];
    this.line = journal.add<RequestEntry>({
      kind: 'request',
      at: clock.now(),
      method: this.method,
      path: this.url.pathname,
      query: this.url.search,
      operation: this.route?.operation ?? null,
      headers: redacted(request),
      requestId: this.givenId ?? this.ownId,
      idempotencyKey: this.idempotencyKey ?? null,
      tokenDigest: this.token === undefined ? null : createHash('sha256').update(this.token).digest('hex'),
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

  /** As the client wrote it: `http://127.0.0.1:4010`. */
  get origin(): string {
    return `http://${this.request.headers.host ?? ''}`;
  }

  /** What a fault is matched against. */
  get facts(): RequestFacts {
    const { method, path, operation, idempotencyKey, headers } = this.line.entry;
    return { method, path, operation, idempotencyKey, headers, account: this.identify()?.account ?? null };
  }

  /** `X-Request-ID` of an answer with this status. */
  requestId(status: number): string {
    return status >= 400 || this.surroundings.readings.requestIdEcho === 'always'
      ? (this.givenId ?? this.ownId)
      : this.ownId;
  }

  /** Takes the body in no faster than so many bytes a second. */
  slowDown(bytesPerSecond: number): void {
    this.body = throttled(this.request, bytesPerSecond, this.surroundings.clock);
  }

  /**
   * Who asks, once they may.
   * @param ability what the operation needs; absent: any token will do
   * @throws {ApiProblem} 401, 403, 429
   */
  caller(ability?: Ability): Caller {
    const caller = this.identify();
    if (caller === undefined) {
      this.count({ failedAuthentication: this.request.socket.remoteAddress ?? '' });
      throw new ApiProblem(401, 'unauthenticated', 'Unauthenticated.', {}, { 'WWW-Authenticate': 'Bearer' });
    }
    this.line.update({ account: caller.account, mode: caller.mode });
    this.count({ token: caller.token, account: caller.account });
    if (ability !== undefined && !caller.abilities.includes(ability)) {
      throw new ApiProblem(403, 'missing_ability', `The token lacks the ability ${ability}.`);
    }
    return caller;
  }

  private identify(): Caller | undefined {
    return this.token === undefined ? undefined : this.surroundings.accounts.authenticate(this.token);
  }

  private count(keys: Parameters<RequestRates['count']>[0]): void {
    const { rates, clock, readings } = this.surroundings;
    const waitMs = rates.count(keys);
    if (waitMs > 0) throw tooMany('too_many_requests', 'Too many requests.', waitMs, clock.now(), readings);
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
    names.map((name) => [
      name,
      name === 'authorization' || name === 'cookie' ? '[redacted]' : (header(request, name) ?? ''),
    ]),
  );
}
