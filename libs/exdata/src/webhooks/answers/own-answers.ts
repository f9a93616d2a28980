import { HttpException, HttpStatus } from '@nestjs/common';

const given = new WeakMap<object, number>();

/** The webhook decided on this request of Express or Fastify: with this status it is answered by the webhook itself. */
export function decideAnswer(request: object, status: number): void {
  given.set(request, status);
}

/** The same where it ends in an error. */
export function decideError(request: object, error: unknown): void {
  decideAnswer(request, error instanceof HttpException ? error.getStatus() : HttpStatus.INTERNAL_SERVER_ERROR);
}

/**
 * Whose word an answer is: `stored` and `refused` are the webhook's own, `others` is anybody's before it or after it.
 */
export type AnswerOrigin = 'stored' | 'refused' | 'others';

export function originOf(request: object, status: number): AnswerOrigin {
  const decided = given.get(request);
  // An interceptor of the host may make a 200 of it: the sender learns all the same that the delivery was taken.
  if (decided === HttpStatus.NO_CONTENT && status >= 200 && status < 300) return 'stored';
  return decided === status ? 'refused' : 'others';
}
