import type { ExdataError } from '../api/index.js';
import { ExdataNotFoundError, ExdataPermissionError, ExdataTimeoutError } from '../api/index.js';
import { JobTimeoutError, PoisonError } from '../dispatch/index.js';
import type { Attempt } from '../dispatch/index.js';

/** Why a delivery or the run of a handler was given up. */
export const exdataDeadLetterReasons = [
  /** What was signed is no JSON, or speaks of a document and names none. */
  'parse',
  /** exdata does not know the document, or does not show it to this token. */
  'unknown-document',
  /** exdata could not be asked, for as long as the retries go on. */
  'confirm-failed',
  /** The handler threw, for as long as the retries go on. */
  'handler',
  /** As the two above, and at the last attempt the time was up. */
  'timeout',
  /** The process died several times over it. */
  'poison',
  /** It waited longer than `work.waitTotalMs` for its account, or what it needs is not kept any more. */
  'expired',
] as const;
export type ExdataDeadLetterReason = (typeof exdataDeadLetterReasons)[number];

/** What ends the attempts at once: none of them could go better. */
export class DeadLetterError extends Error {
  override readonly name = 'DeadLetterError';
  constructor(
    readonly reason: ExdataDeadLetterReason,
    message: string,
  ) {
    super(message);
  }
}

/** Why attempts ended, by the last error and what the last attempt says of it. */
export function reasonFor(
  error: unknown,
  { cut }: Pick<Attempt, 'cut'>,
  otherwise: ExdataDeadLetterReason,
): ExdataDeadLetterReason {
  if (error instanceof DeadLetterError) return error.reason;
  if (error instanceof PoisonError) return 'poison';
  if (cut.reason instanceof JobTimeoutError || error instanceof ExdataTimeoutError) return 'timeout';
  return isUnknownDocument(error) ? 'unknown-document' : otherwise;
}

/** Whether exdata answered that it has no such document, or none for this token. */
export function isUnknownDocument(error: unknown): error is ExdataError {
  return error instanceof ExdataNotFoundError || error instanceof ExdataPermissionError;
}
