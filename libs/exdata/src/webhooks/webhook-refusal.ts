import { HttpException, HttpStatus } from '@nestjs/common';

const statuses = {
  content_type: HttpStatus.UNSUPPORTED_MEDIA_TYPE,
  content_encoding: HttpStatus.UNSUPPORTED_MEDIA_TYPE,
  encoding_broken: HttpStatus.BAD_REQUEST,
  too_large: HttpStatus.PAYLOAD_TOO_LARGE,
  too_slow: HttpStatus.REQUEST_TIMEOUT,
  no_room: HttpStatus.SERVICE_UNAVAILABLE,
  pushed_out: HttpStatus.SERVICE_UNAVAILABLE,
  no_raw_body: HttpStatus.UNAUTHORIZED,
  unknown_account: HttpStatus.UNAUTHORIZED,
  signature: HttpStatus.UNAUTHORIZED,
  timestamp: HttpStatus.UNAUTHORIZED,
  stale: HttpStatus.UNAUTHORIZED,
  early: HttpStatus.UNAUTHORIZED,
  delivery_id: HttpStatus.BAD_REQUEST,
} as const;

const names: Readonly<Record<number, string>> = {
  [HttpStatus.BAD_REQUEST]: 'Bad Request',
  [HttpStatus.UNAUTHORIZED]: 'Unauthorized',
  [HttpStatus.REQUEST_TIMEOUT]: 'Request Timeout',
  [HttpStatus.PAYLOAD_TOO_LARGE]: 'Payload Too Large',
  [HttpStatus.UNSUPPORTED_MEDIA_TYPE]: 'Unsupported Media Type',
  [HttpStatus.SERVICE_UNAVAILABLE]: 'Service Unavailable',
};

/** Why a delivery was not taken. */
export type ExdataRefusalReason = keyof typeof statuses;

/**
 * A delivery that is not taken. What it carries is for the log; the answer tells the status alone, so that nobody
 * outside learns why.
 */
export class ExdataWebhookRefusal extends Error {
  override readonly name = 'ExdataWebhookRefusal';

  /** @param hint what may be wrong and how to mend it */
  constructor(
    readonly reason: ExdataRefusalReason,
    /** The account that it was sent to, where it is one of ours. */
    readonly account?: string,
    readonly hint?: string,
  ) {
    // A flood of them asks for no stacks, which take longer than an HMAC.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = stackTraceLimit;
  }

  get status(): number {
    return statuses[this.reason];
  }

  /** All that the sender is told. */
  get body(): { readonly statusCode: number; readonly message: string } {
    return { statusCode: this.status, message: names[this.status] ?? 'Refused' };
  }

  toAnswer(): HttpException {
    return new HttpException(this.body, this.status);
  }
}
