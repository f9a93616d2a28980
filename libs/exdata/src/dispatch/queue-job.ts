import { z } from 'zod';
import type { JobRef } from './job.js';

/**
 * One job for each row and kind of work: what is dispatched while its job waits or runs collapses into it.
 * Encoded, since BullMQ allows no colon in an id.
 */
export const queueJobId = ({ job, id }: JobRef): string => `${encodeURIComponent(job)}-${encodeURIComponent(id)}`;

const reference = z.object({ job: z.string(), id: z.string() });

/** The row that a job of a queue names. @throws {Error} when the job is none of ours */
export function refIn(data: unknown): JobRef {
  const parsed = reference.safeParse(data);
  if (!parsed.success) throw new Error('this job names no row: it was not put here by nestjs-exdata');
  return parsed.data;
}

/** A job of a parked row is looked at again after a day, should its release have been missed: milliseconds. */
export const parkedMs = 86_400_000;

/** Attempts of one job, where the host's queue does not say: more than the row's own schedule makes. */
export const manyAttempts = 1_000;

/** The name of the backoff by which a failed job comes back when its row is due. */
export const rowBackoff = 'exdata';

/** Thrown to the queue when an attempt failed; says what, in one word, and when the row is due again. */
export class AttemptFailedError extends Error {
  override readonly name = 'AttemptFailedError';

  constructor(
    ref: JobRef,
    word: string,
    /** When the row is due again (epoch ms). */
    readonly dueAt: number,
  ) {
    super(failureText(ref, word));
    // Where it was thrown tells nothing, and queues keep it.
    delete this.stack;
  }
}

export const failureText = ({ job, id }: JobRef, word: string): string =>
  `${job} of row ${id} failed: ${word}; last_error of the row says more`;

/** The wait that a failed attempt asks for, in milliseconds. */
export function rowDelay(error: unknown, now: number): number {
  return error instanceof AttemptFailedError ? Math.max(0, error.dueAt - now) : 0;
}
