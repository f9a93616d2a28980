/** What a Redis client says when the server is away, rather than that it refused a command. */
const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const connectionTexts =
  /connection is (closed|\w*connecting)|max retries per request|stream isn't writeable|no answer within|^connect /i;
/** What Bull and BullMQ say of a single job, while Redis is well. */
const jobTexts =
  /missing (key|lock)|lock mismatch|could not renew lock|\bis not in the\b|stalled more than|repeatable job/i;
/** Of a text from outside, in a line of the log. */
const longestText = 200;

export function isConnectionError(error: unknown): boolean {
  const { code, message } = partsOf(error);
  return connectionCodes.has(code) || connectionTexts.test(message);
}

/** Whether a queue reports of a single job, rather than that Redis is away or refuses. */
export function isAboutAJob(error: unknown): boolean {
  return jobTexts.test(partsOf(error).message);
}

export function textOf(error: unknown): string {
  const { code, message } = partsOf(error);
  // Node gathers the failures of several addresses under an empty message.
  return (message === '' ? code : message).replace(/\s+/g, ' ').slice(0, longestText);
}

/** An error by its looks: drivers may throw from another realm, whose errors are no instances of ours. */
function partsOf(error: unknown): { readonly code: string; readonly message: string } {
  if (typeof error !== 'object' || error === null) return { code: '', message: String(error) };
  return { code: 'code' in error ? String(error.code) : '', message: 'message' in error ? String(error.message) : '' };
}
