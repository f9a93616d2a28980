/** Ten digits of seconds are three centuries: more is no wait but a mistake. */
const seconds = /^\d{1,10}$/;

/**
 * The longest wait that is believed, in milliseconds: 26 hours, a daily window and what two clocks may be apart. A
 * point in time sent where a number of seconds belongs, or a date of another century, would otherwise stop an account
 * for as long as nobody looks.
 */
const longestWaitMs = 26 * 3_600_000;

/**
 * How long exdata asks to wait, in milliseconds: the header Retry-After in seconds or as a date (RFC 9110, 10.2.3),
 * else `retry_after` of the body in seconds (exdata docs: Rate limits); {@link longestWaitMs} at most. Undefined where
 * neither can be read.
 * @param now epoch ms
 */
export function retryAfterMs(
  header: string | undefined,
  bodySeconds: number | undefined,
  now: number,
): number | undefined {
  const asked = askedMs(header, bodySeconds, now);
  return asked === undefined ? undefined : Math.min(asked, longestWaitMs);
}

function askedMs(header: string | undefined, bodySeconds: number | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (seconds.test(text)) return Number(text) * 1000;
  const date = httpDate(text);
  if (date !== undefined) return Math.max(0, date - now);
  return bodySeconds === undefined ? undefined : Math.ceil(bodySeconds * 1000);
}

/**
 * Date.parse alone would also take `-5` or `1.5` for a date. The three forms of RFC 9110, 5.6.7; asctime's has no zone,
 * and means UTC.
 */
function httpDate(text: string): number | undefined {
  const inUtc = /^[A-Z][a-z]{2,8}, \d{2}.* GMT$/.test(text)
    ? text
    : /^[A-Z][a-z]{2} [A-Z][a-z]{2} .* \d{4}$/.test(text)
      ? `${text} GMT`
      : '';
  const at = Date.parse(inUtc);
  return Number.isNaN(at) ? undefined : at;
}
