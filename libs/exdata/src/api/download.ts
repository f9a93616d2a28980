import { Readable } from 'node:stream';
import type { OpenAnswer } from './attempt.js';
import type { Answer } from './transport.js';

/** A file as exdata gives it: nothing of it is held beyond what a connection buffers. */
export interface ExdataDownload {
  /**
   * To be read to its end or destroyed; until then it holds a connection, at most as long as the call's time allows.
   * Fails with an {@link ExdataError}, or with the reason of the caller's signal.
   */
  readonly stream: Readable;
  /** As exdata says; undefined where it does not. */
  readonly contentType: string | undefined;
  /** In bytes; undefined where exdata does not say. */
  readonly contentLength: number | undefined;
}

/** Hands on the answer's body, which the deadline of the call still bounds. */
export function downloadOf({ body, contentType, contentLength }: Answer, open: OpenAnswer): ExdataDownload {
  const stream = new BodyStream(body, open.failure);
  stream.once('close', () => open.deadline.clear());
  return { stream, contentType, contentLength };
}

/** A body whose faults are told in the words of this package. */
class BodyStream extends Readable {
  readonly #body: Readable;

  constructor(body: Readable, failure: (thrown: unknown) => Error) {
    super();
    this.#body = body;
    body.on('data', (chunk: Uint8Array) => {
      if (!this.push(chunk)) body.pause();
    });
    body.once('end', () => this.push(null));
    body.on('error', (error) => {
      // Destroyed from this side, the body fails as well; that is nobody's fault.
      if (!this.destroyed) this.destroy(failure(error));
    });
    // A call may be aborted while nobody reads; that must not end the process.
    this.on('error', () => undefined);
  }

  override _read(): void {
    this.#body.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#body.destroy();
    callback(error);
  }
}
