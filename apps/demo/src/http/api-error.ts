import { HttpException } from '@nestjs/common';

interface Details {
  readonly code: string;
  readonly message: string;
  /** The part of the request at fault. */
  readonly field?: string;
}

/** An answer that says what is wrong: `{ code, message, field? }`. */
export class ApiError extends HttpException {
  constructor(status: number, details: Details) {
    super({ ...details }, status);
  }

  static notFound(what: string): ApiError {
    return new ApiError(404, { code: 'not_found', message: `There is no such ${what}.` });
  }
}
