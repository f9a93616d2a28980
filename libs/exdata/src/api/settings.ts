import { randomBytes, randomUUID } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { ExdataConfigurationError } from './errors.js';
import { version } from './version.js';

/** exdata's address (exdata docs: Base URL). */
export const exdataBaseUrl = 'https://www.exdata.app/api/v1';

/** How the client is set up. */
export interface ExdataApiOptions {
  /** Default {@link exdataBaseUrl}. The token goes to this origin alone. */
  readonly baseUrl?: string;
  /** The bearer token, or what gets it; asked anew for every call, so that it can be rotated. */
  readonly token: string | (() => string | Promise<string>);
  /** Default `nestjs-exdata/<version>`. */
  readonly userAgent?: string;
  /** For a call that reads, in milliseconds; default 30,000. */
  readonly timeoutMs?: number;
  /** For an upload, in milliseconds; default 600,000. */
  readonly uploadTimeoutMs?: number;
  /** The largest answer that is read, in bytes; default 5 MiB. */
  readonly maxResponseBytes?: number;
  /** Epoch ms; default the system's clock. */
  readonly now?: () => number;
  /** Makes X-Request-ID where a call brings none; default `req_` and random hex. */
  readonly newRequestId?: () => string;
  /** Makes the boundary of a multipart body; default random. */
  readonly newBoundary?: () => string;
  /** undici's, for a proxy or own certificates; it stays the caller's to close. */
  readonly dispatcher?: Dispatcher;
}

/** The options with all defaults, checked. */
export interface Settings extends Required<Omit<ExdataApiOptions, 'baseUrl' | 'token' | 'dispatcher'>> {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Begins with a slash unless empty; ends without. */
  readonly basePath: string;
  readonly token: () => string | Promise<string>;
}

/** setTimeout counts no further. */
export const longestTimeoutMs = 2 ** 31 - 1;

/** @throws {ExdataConfigurationError} naming every field at fault, without the token */
export function settingsOf(options: ExdataApiOptions): Settings {
  const { token, baseUrl = exdataBaseUrl, userAgent = `nestjs-exdata/${version}` } = options;
  const { timeoutMs = 30_000, uploadTimeoutMs = 600_000, maxResponseBytes = 5 * 1024 * 1024 } = options;
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const faults = [
    url && /^https?:$/.test(url.protocol) && `${url.username}${url.password}${url.search}${url.hash}` === ''
      ? ''
      : `baseUrl must be an http(s) URL such as ${exdataBaseUrl}, without credentials, query or fragment`,
    token === '' ? 'token must not be empty' : '',
    /^[\x20-\x7e]+$/.test(userAgent) ? '' : 'userAgent must be printable ASCII',
    ...Object.entries({ timeoutMs, uploadTimeoutMs }).map(([name, value]) =>
      isTimeout(value) ? '' : `${name} must be a whole number of milliseconds from 1 to ${longestTimeoutMs}`,
    ),
    Number.isSafeInteger(maxResponseBytes) && maxResponseBytes > 0 ? '' : 'maxResponseBytes must be a whole number of bytes above 0',
  ].filter((fault) => fault !== '');
  if (url === undefined || faults.length > 0)
    throw new ExdataConfigurationError(`ExdataApi cannot work with these options: ${faults.join('; ')}`);
  return {
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ''),
    token: typeof token === 'function' ? token : (): string => token,
    userAgent,
    timeoutMs,
    uploadTimeoutMs,
    maxResponseBytes,
    now: options.now ?? Date.now,
    newRequestId: options.newRequestId ?? ((): string => `req_${randomUUID().replaceAll('-', '')}`),
    newBoundary: options.newBoundary ?? ((): string => `exdata-${randomBytes(18).toString('hex')}`),
  };
}

/** Whether setTimeout can wait that long, in milliseconds. */
export function isTimeout(ms: number): boolean {
  return Number.isInteger(ms) && ms > 0 && ms <= longestTimeoutMs;
}
