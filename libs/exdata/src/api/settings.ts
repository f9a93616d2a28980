import { randomBytes, randomUUID } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { ExdataConfigurationError } from './errors.js';
import { proxyFault } from '../proxies/index.js';
import type { ExdataProxy } from './connections.js';
import type { RetrySettings } from './retry-decision.js';
import { isTimeout, longestTimeoutMs, systemTimers } from './timers.js';
import type { Timers } from './timers.js';
import { version } from './version.js';

/** exdata's address (exdata docs: Base URL). */
export const exdataBaseUrl = 'https://www.exdata.app/api/v1';

/**
 * How a client repeats what failed. Defaults: 4 attempts, 500 ms first, 30 s at most, 60 s as the longest wait, a
 * budget of 20.
 */
export type ExdataRetryOptions = Partial<RetrySettings>;

/** How the client is set up. */
export interface ExdataApiOptions extends Partial<Timers> {
  /** Default {@link exdataBaseUrl}. The token goes to this origin alone. */
  readonly baseUrl?: string;
  /** The bearer token, or what gets it; asked anew for every attempt, so that it can be rotated. */
  readonly token: string | (() => string | Promise<string>);
  /**
   * Gets the bearer token past whatever `token` keeps. Asked once a call, after exdata has refused the token (401): the
   * call is repeated where this gives another one. Default `token`.
   */
  readonly renewToken?: () => string | Promise<string>;
  /** Default `nestjs-exdata/<version>`. */
  readonly userAgent?: string;
  /** For a call that does not upload, in milliseconds; default 30,000. */
  readonly timeoutMs?: number;
  /** For an upload, in milliseconds; default 600,000. */
  readonly uploadTimeoutMs?: number;
  /**
   * The largest answer that is held in memory, in bytes; default 5 MiB; an option of the module too. Pictures are
   * streamed and have no limit.
   */
  readonly maxResponseBytes?: number;
  readonly retry?: ExdataRetryOptions;
  /** Numbers in [0, 1) to spread repeats with; default Math.random. */
  readonly random?: () => number;
  /** Makes X-Request-ID where a call brings none; default `req_` and random hex. */
  readonly newRequestId?: () => string;
  /** Makes the boundary of a multipart body; default random. */
  readonly newBoundary?: () => string;
  /**
   * Default `environment`: through the proxy that `HTTPS_PROXY` and `HTTP_PROXY` name, but not to hosts that `NO_PROXY`
   * lists nor to this machine. An address may hold user and password. `false` goes past them.
   */
  readonly proxy?: ExdataProxy;
  /** undici's, for connections of your own making; goes before `proxy`, and stays the caller's to close. */
  readonly dispatcher?: Dispatcher;
}

/** The options with all defaults, checked. */
export interface Settings extends Required<Omit<ExdataApiOptions, 'baseUrl' | 'token' | 'dispatcher' | 'retry'>> {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Begins with a slash unless empty; ends without. */
  readonly basePath: string;
  readonly token: () => string | Promise<string>;
  readonly retry: RetrySettings;
}

/** More than this is a loop, not a retry. */
const mostAttempts = 100;

/** Whether a call may be made that often. */
export function isAttempts(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= mostAttempts;
}

/** What {@link isAttempts} asks, in words. */
export const attemptsLimit = `must be a whole number from 1 to ${mostAttempts}`;

/** @throws {ExdataConfigurationError} naming every field at fault, without the token */
export function settingsOf(options: ExdataApiOptions): Settings {
  const { token, baseUrl = exdataBaseUrl, userAgent = `nestjs-exdata/${version}` } = options;
  const { proxy = 'environment' } = options;
  const { timeoutMs = 30_000, uploadTimeoutMs = 600_000, maxResponseBytes = 5 * 1024 * 1024 } = options;
  const { attempts = 4, firstMs = 500, maxMs = 30_000, longestWaitMs = 60_000, budget = 20 } = options.retry ?? {};
  const retry = { attempts, firstMs, maxMs, longestWaitMs, budget };
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const faults = [
    url && /^https?:$/.test(url.protocol) && `${url.username}${url.password}${url.search}${url.hash}` === ''
      ? ''
      : `baseUrl must be an http(s) URL such as ${exdataBaseUrl}, without credentials, query or fragment`,
    token === '' ? 'token must not be empty' : '',
    proxyFault(proxy) === null ? '' : `proxy ${proxyFault(proxy)}`,
    /^[\x20-\x7e]+$/.test(userAgent) ? '' : 'userAgent must be printable ASCII',
    ...Object.entries({ timeoutMs, uploadTimeoutMs }).map(([name, value]) =>
      isTimeout(value) ? '' : `${name} must be a whole number of milliseconds from 1 to ${longestTimeoutMs}`,
    ),
    Number.isSafeInteger(maxResponseBytes) && maxResponseBytes > 0
      ? ''
      : 'maxResponseBytes must be a whole number of bytes above 0',
    ...retryFaults(retry),
  ].filter((fault) => fault !== '');
  if (url === undefined || faults.length > 0)
    throw new ExdataConfigurationError(`ExdataApi cannot work with these options: ${faults.join('; ')}`);
  const ask = typeof token === 'function' ? token : (): string => token;
  return {
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ''),
    token: ask,
    renewToken: options.renewToken ?? ask,
    userAgent,
    proxy,
    timeoutMs,
    uploadTimeoutMs,
    maxResponseBytes,
    retry,
    random: options.random ?? Math.random,
    now: options.now ?? systemTimers.now,
    after: options.after ?? systemTimers.after,
    newRequestId: options.newRequestId ?? ((): string => `req_${randomUUID().replaceAll('-', '')}`),
    newBoundary: options.newBoundary ?? ((): string => `exdata-${randomBytes(18).toString('hex')}`),
  };
}

function retryFaults({ attempts, budget, ...waits }: RetrySettings): string[] {
  return [
    isAttempts(attempts) ? '' : `retry.attempts ${attemptsLimit}`,
    Number.isSafeInteger(budget) && budget >= 0 ? '' : 'retry.budget must be a whole number of repeats',
    ...Object.entries(waits).map(([name, value]) =>
      value === 0 || isTimeout(value)
        ? ''
        : `retry.${name} must be a whole number of milliseconds from 0 to ${longestTimeoutMs}`,
    ),
  ];
}
