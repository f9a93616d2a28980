/** What a stranger sends, byte for byte. */

export const path = 'webhooks/exdata';
/** Of the account at exdata. */
export const token = 'bench_test_token';
/** Bytes of the largest body. */
export const largest = 2 * 1024 * 1024;

/**
 * The head of a delivery; forged, unless its signature is given.
 * @param {URL} url
 * @param {number | 'chunked'} length of its body
 * @param {{ deliveryId?: string, signature?: string }} given
 */
export function headOf(
  url,
  length,
  { deliveryId = '0196b3a2-7c1e-7b44-9d2f-3f1f0a9c2b11', signature = 'ab'.repeat(32) } = {},
) {
  return [
    `POST ${url.pathname} HTTP/1.1`,
    `Host: ${url.host}`,
    'Content-Type: application/json',
    length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`,
    'X-Event: document.completed',
    `X-Delivery: ${deliveryId}`,
    `X-Timestamp: ${Math.floor(Date.now() / 1000)}`,
    `X-Signature: ${signature}`,
    '',
    '',
  ].join('\r\n');
}

/** Each byte in a chunk of its own, without the last chunk. @param {Buffer} body */
export function inSingleBytes(body) {
  const each = Buffer.from('1\r\n-\r\n');
  const chunks = Buffer.alloc(body.length * each.length, each);
  for (let at = 0; at < body.length; at++) chunks[at * each.length + 3] = body[at] ?? 0;
  return chunks;
}

export const lastChunk = '0\r\n\r\n';
