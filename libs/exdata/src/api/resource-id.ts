import { ExdataRequestError } from './errors.js';

/**
 * An id as a segment of a path. Encoding leaves dots as they are, and a segment of dots alone would lead to another
 * resource.
 * @throws {ExdataRequestError} naming the limit
 */
export function resourceId(id: string): string {
  if (!/^[\x21-\x7e]{1,255}$/.test(id) || /^\.+$/.test(id)) {
    throw new ExdataRequestError('id', 'must be an id of exdata’s: 1 to 255 printable ASCII characters without spaces');
  }
  return encodeURIComponent(id);
}
