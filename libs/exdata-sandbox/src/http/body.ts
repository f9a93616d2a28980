import { finished, type Readable } from 'node:stream';
import { AbortedRequestError } from './multipart.js';

/**
 * Takes in the rest of a body and throws it away, or only so many bytes of it.
 * @throws {AbortedRequestError} when the client goes away first
 */
export function takeBody(body: Readable, bytes = Infinity): Promise<void> {
  return new Promise((resolve, reject) => {
    if (bytes <= 0 || body.readableEnded) {
      resolve();
      return;
    }
    let taken = 0;
    body.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      if (taken >= bytes) resolve();
    });
    finished(body, { writable: false }, (error) => {
      if (error == null) resolve();
      else reject(new AbortedRequestError('The client went away.', { cause: error }));
    });
    body.resume();
  });
}
