import { createHmac } from 'node:crypto';
import type { DeliveryOverride } from './delivery-override.js';

/** What is signed and sent. */
export interface Envelope {
  readonly id: string;
  readonly event: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
  readonly secret: string;
}

/** HMAC-SHA256 over the raw body as bare lowercase hex (exdata docs: Webhooks). */
export function sign(secret: string, body: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** The headers and body of a webhook request; overrides are applied last. */
export function signedRequest(
  envelope: Envelope,
  override: DeliveryOverride = {},
): { headers: Record<string, string>; body: Buffer } {
  const body = override.body ?? envelope.body;
  const signature =
    override.signature === undefined ? sign(override.secret ?? envelope.secret, body) : override.signature;
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'exdata-webhooks/1.0',
    'X-Event': override.event ?? envelope.event,
    'X-Delivery': override.id ?? envelope.id,
    'X-Timestamp': String((override.timestamp ?? envelope.timestamp) + (override.timestampShift ?? 0)),
    ...(signature !== null && { 'X-Signature': signature }),
    ...override.headers,
  };
  return { headers, body: damaged(body, override) };
}

/** What becomes of a body after it was signed. */
function damaged(signed: string, { reserialise, append = '', flipBit, truncateTo }: DeliveryOverride): Buffer {
  const body = Buffer.from((reserialise === true ? JSON.stringify(JSON.parse(signed), null, 2) : signed) + append);
  const at = flipBit === undefined ? -1 : Math.floor(flipBit / 8) % body.length;
  if (flipBit !== undefined) body[at] = (body[at] ?? 0) ^ (1 << (flipBit % 8));
  return body.subarray(0, truncateTo);
}

/** `X-Timestamp` of a time: whole seconds since the epoch. @param ms milliseconds since the epoch */
export function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
