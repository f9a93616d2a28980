import { createHmac } from 'node:crypto';

/** Beside the errors, so that nothing which shows an error shows a token. */
const refused = new WeakMap<Error, string>();

/** Tells one token from another without holding it: a part of the HMAC-SHA256 under `key`, in hex. */
export function tokenPrint(token: string, key: string): string {
  return createHmac('sha256', key).update(token).digest('hex').slice(0, 32);
}

/** Notes which token exdata refused with this error. */
export function noteRefusedToken(error: Error, token: string): void {
  refused.set(error, token);
}

/** The print of the token that exdata refused with this error; null where it refused none. */
export function refusedTokenPrint(error: Error, key: string): string | null {
  const token = refused.get(error);
  return token === undefined ? null : tokenPrint(token, key);
}
