import { createHmac, timingSafeEqual } from 'node:crypto';

/** A webhook secret and the name by which it is spoken of; several at once make rotation possible. */
export interface WebhookSecret {
  readonly id: string;
  readonly secret: string;
}

const hexLength = 64;

export const hasSignatureLength = (signature: string): boolean => signature.length === hexLength;

/**
 * Which of the secrets signed the body: HMAC-SHA256 over the raw bytes, bare lower-case hex (exdata docs: Webhooks). Null when none did.
 * Every secret is tried, each in constant time, so that the time taken tells nothing.
 */
export function signerOf(body: Uint8Array, signature: string, secrets: readonly WebhookSecret[]): string | null {
  if (!hasSignatureLength(signature)) return null;
  const given = Buffer.from(signature, 'latin1');
  let signer: string | null = null;
  for (const { id, secret } of secrets) {
    const wanted = Buffer.from(createHmac('sha256', secret).update(body).digest('hex'), 'latin1');
    if (timingSafeEqual(given, wanted)) signer ??= id;
  }
  return signer;
}
