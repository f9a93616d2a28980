import { randomUUID } from 'node:crypto';

/**
 * A UUID that begins with the time (version 7, RFC 9562): ids made one after another are neighbours in their index, so
 * that inserts touch few of its pages, however large the table has become.
 *
 * @param now epoch ms
 */
export function newRowId(now: number): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
