import { HttpException, HttpStatus } from '@nestjs/common';

const statuses = {
  content_type: HttpStatus.UNSUPPORTED_MEDIA_TYPE,
  content_encoding: HttpStatus.UNSUPPORTED_MEDIA_TYPE,
  encoding_broken: HttpStatus.BAD_REQUEST,
  too_large: HttpStatus.PAYLOAD_TOO_LARGE,
  too_slow: HttpStatus.REQUEST_TIMEOUT,
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
};

/** Why a delivery was not taken. */
export type RefusalReason = keyof typeof statuses;

/** A delivery that is not taken. What it carries is for the log; the answer tells the status alone, so that nobody outside learns why. */
export class WebhookRefusal extends Error {
  override readonly name = 'WebhookRefusal';

  /** @param hint what may be wrong and how to mend it; called only when a line is written */
  constructor(
    readonly reason: RefusalReason,
    /** The account that it was sent to, where it is one of ours. */
    readonly account?: string,
    readonly hint?: () => string,
  ) {
    super(reason);
  }

  get status(): number {
    return statuses[this.reason];
  }

  toAnswer(): HttpException {
    const { status } = this;
    return new HttpException({ statusCode: status, message: names[status] ?? 'Refused' }, status);
  }
}
