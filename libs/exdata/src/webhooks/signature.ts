import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ExdataWebhookSecret } from '../config/index.js';

/**
 * Whether it has the shape of a signature: bare lower-case hex (exdata docs: Webhooks). Nothing is hashed for what has
 * not.
 */
export const isSignature = (signature: string): boolean => /^[0-9a-f]{64}$/.test(signature);

/**
 * Which of the secrets signed the body: HMAC-SHA256 over the raw bytes (exdata docs: Webhooks). Null when none did.
 * Every secret is tried, each once and in constant time, so that the time taken tells nothing.
 */
export function signerOf(body: Uint8Array, signature: string, secrets: readonly ExdataWebhookSecret[]): string | null {
  if (!isSignature(signature)) return null;
  const given = Buffer.from(signature, 'hex');
  let signer: string | null = null;
  for (const { id, secret } of secrets) {
    const wanted = createHmac('sha256', secret).update(body).digest();
    if (timingSafeEqual(given, wanted)) signer ??= id;
  }
  return signer;
}
