import { z } from 'zod';
import { exdataJobKinds } from './job-kinds.js';
import type { ExdataJobRef } from './job.js';

/**
 * One job for each row and kind of work: what is dispatched while its job waits or runs collapses into it.
 * Encoded, since BullMQ allows no colon in an id.
 */
export const queueJobId = ({ job, id }: ExdataJobRef): string => `${encodeURIComponent(job)}-${encodeURIComponent(id)}`;

const reference = z.object({ job: z.string(), id: z.string(), group: z.string().optional() });

/** What a job of a queue carries of a row. */
export const dataOf = ({ job, id, group }: ExdataJobRef): ExdataJobRef => ({
  job,
  id,
  ...(group !== undefined && { group }),
});

/** Kinds by the length of their names: one may begin as another does. */
const kinds = [...exdataJobKinds].sort((a, b) => b.length - a.length);

/**
 * The row that a job of a queue names. Its id says it as its data do, so that what became of those on the way does not
 * matter.
 * @throws {ForeignJobError} when neither does
 */
export function refIn({
  id,
  data,
}: {
  readonly id?: string | number | undefined;
  readonly data: unknown;
}): ExdataJobRef {
  const jobId = String(id);
  const parsed = reference.safeParse(data).data;
  if (parsed && queueJobId(parsed) === jobId) return parsed;
  const job = kinds.find((kind) => jobId.startsWith(`${encodeURIComponent(kind)}-`));
  const ref = job === undefined ? undefined : rowIn(job, jobId.slice(encodeURIComponent(job).length + 1));
  if (!ref) throw new ForeignJobError();
  return ref;
}

function rowIn(job: string, encoded: string): ExdataJobRef | undefined {
  try {
    return encoded === '' ? undefined : { job, id: decodeURIComponent(encoded) };
  } catch {
    return undefined;
  }
}

/** A job of our queue that names no row: it is of no use to try it again. */
export class ForeignJobError extends Error {
  override readonly name = 'ForeignJobError';

  constructor() {
    super('this job names no row: it was not put here by nestjs-exdata');
    delete this.stack;
  }
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
    ref: ExdataJobRef,
    word: string,
    /** When the row is due again (epoch ms). */
    readonly dueAt: number,
  ) {
    super(failureText(ref, word));
    // Where it was thrown tells nothing, and queues keep it.
    delete this.stack;
  }
}

export const failureText = ({ job, id }: ExdataJobRef, word: string): string =>
  `${job} of row ${id} failed: ${word}; last_error of the row says more`;

/** The wait that a failed attempt asks for, in milliseconds. */
export function rowDelay(error: unknown, now: number): number {
  return error instanceof AttemptFailedError ? Math.max(0, error.dueAt - now) : 0;
}
