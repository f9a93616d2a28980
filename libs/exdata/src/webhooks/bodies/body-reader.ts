import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { ExdataClock } from '../../dispatch/index.js';
import type { UnverifiedBodies, UnverifiedBody } from './unverified-bodies.js';

export interface BodyLimits {
  readonly maxBodyBytes: number;
  /** For the whole body, in milliseconds. */
  readonly bodyTimeoutMs: number;
}

/**
 * Why a body was not taken. `no_room`: others hold all the room there is. `pushed_out`: it was the slowest when others
 * needed room.
 */
export type BodyFault = 'too_large' | 'too_slow' | 'no_room' | 'pushed_out';

export interface ReadBody {
  /** The bytes as they came. */
  readonly bytes: Buffer;
  /** To be closed once somebody has decided on it. */
  readonly body: UnverifiedBody;
}

/**
 * A sender that is cut off in mid-flight rarely reads the answer. So much more is read and thrown away first, in bytes.
 */
const courtesyBytes = 8 * 1024 * 1024;

/** Reads bodies that nobody has read yet, within limits for each and for all together. */
export class BodyReader {
  constructor(
    private readonly bodies: UnverifiedBodies,
    private readonly limits: BodyLimits,
    private readonly clock: ExdataClock,
  ) {}

  /** The body, or why it was not taken; null when the sender hung up, so that nobody is left to be answered. */
  read(stream: Readable, headers: IncomingHttpHeaders): Promise<ReadBody | BodyFault | null> {
    const { maxBodyBytes, bodyTimeoutMs } = this.limits;
    return new Promise((resolve) => {
      const announced = announcedIn(headers);
      const body = this.bodies.open(announced, () => end('pushed_out'));
      if (!body) {
        stream.on('error', () => undefined);
        resolve('no_room');
        return;
      }
      const finish = (read: ReadBody | BodyFault | null): void => {
        cancelTimeout();
        stream.off('data', onData).off('end', onEnd).off('close', onClose);
        if (!stream.readableEnded) stream.pause();
        resolve(read);
      };
      const end = (fault: BodyFault | null): void => {
        body.close();
        finish(fault);
      };
      const onData = (chunk: Buffer): void => {
        if (body.size + chunk.length > maxBodyBytes) body.drop();
        if (!body.take(chunk)) end('no_room');
        else if (body.size > maxBodyBytes + courtesyBytes) end('too_large');
      };
      const onEnd = (): void => {
        if (body.size > maxBodyBytes) end('too_large');
        else finish({ bytes: body.whole(), body });
      };
      const onClose = (): void => end(null);
      const cancelTimeout = this.clock.after(bodyTimeoutMs, () =>
        end(body.size > maxBodyBytes ? 'too_large' : 'too_slow'),
      );
      // Stays on: an error that nobody listens to would end the process.
      stream.on('error', onClose);
      stream.on('close', onClose).on('end', onEnd);
      if (announced !== undefined && announced > maxBodyBytes + courtesyBytes) end('too_large');
      else {
        if (announced !== undefined && announced > maxBodyBytes) body.drop();
        stream.on('data', onData);
      }
    });
  }
}

function announcedIn({ 'content-length': length }: IncomingHttpHeaders): number | undefined {
  return length === undefined ? undefined : Number(length);
}
