import { ExdataRequestError } from './errors.js';

/** Whether the text is printable ASCII without spaces, which a header carries as it is. */
export function isHeaderText(value: string): boolean {
  return /^[\x21-\x7e]+$/.test(value);
}

/**
 * Keeps a value from breaking out of its header. The value itself is not repeated in the message.
 * @throws {ExdataRequestError} naming the field and its limit
 */
export function headerText(field: string, value: string | undefined, maxLength: number): string {
  if (typeof value !== 'string' || value.length > maxLength || !isHeaderText(value)) {
    throw new ExdataRequestError(field, `must be 1 to ${maxLength} printable ASCII characters without spaces`);
  }
  return value;
}

/**
 * A bearer token (RFC 6750), of which no character may be a space or a control.
 * @throws {ExdataRequestError} without the token
 */
export function bearerToken(token: string): string {
  if (!isHeaderText(token)) {
    throw new ExdataRequestError(
      'token',
      'must be printable ASCII without spaces (was it read from a file that ends in a line break?)',
    );
  }
  return token;
}
