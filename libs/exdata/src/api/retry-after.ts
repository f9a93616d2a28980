/**
 * How long exdata asks to wait, in milliseconds: the header Retry-After in seconds or as a date (RFC 9110, 10.2.3), else `retry_after` of the
 * body in seconds. Undefined where neither can be read. `now` in epoch ms.
 */
export function retryAfterMs(header: string | string[] | undefined, bodySeconds: number | undefined, now: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  const date = text === '' ? NaN : Date.parse(text);
  if (!Number.isNaN(date)) return Math.max(0, date - now);
  return bodySeconds === undefined ? undefined : Math.ceil(bodySeconds * 1000);
}
