/** Why there was no way through the proxy. Shows of its address host and port alone: the rest may be a password. */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure';
  /** One that undici does not know: after some of its own it would connect again, and again. */
  readonly code = 'PROXY_FAILED';

  /**
   * @param what it did, as a sentence goes on that begins with it
   * @param advice a sentence; empty where there is none
   */
  constructor(
    readonly proxy: string,
    readonly what: string,
    readonly advice = '',
  ) {
    super(`the proxy ${proxy} ${what}`);
  }
}

const unreachable: readonly unknown[] = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
];

/** @param error keeps its code alone: Node.js puts the bytes that came into some */
export function failureOn(proxy: string, error: Error): ProxyFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (code === 'ECONNRESET' || code === 'EPIPE') return new ProxyFailure(proxy, 'closed the connection');
  return new ProxyFailure(proxy, unreachable.includes(code) ? `could not be reached (${code})` : `failed (${code})`);
}

export function refusalOf(proxy: string, status: number): ProxyFailure {
  const advice =
    status === 407 ? 'Check the user and the password in its address.' : 'Check whether it lets through to exdata.';
  return new ProxyFailure(proxy, `refused the way to exdata with ${status}`, advice);
}
