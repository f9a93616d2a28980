import { z } from 'zod';

const dispatchKinds = ['in-process', 'bull', 'bullmq'] as const;
export type DispatchKind = (typeof dispatchKinds)[number];

/** What the test tells the process that it starts. */
export const hostSettings = z.strictObject({
  database: z.union([
    z.strictObject({ type: z.literal('better-sqlite3'), database: z.string() }),
    z.strictObject({ type: z.literal('postgres'), url: z.string() }),
  ]),
  /** exdata's address. */
  baseUrl: z.string(),
  /** For the spool, where it is a directory. */
  folder: z.string(),
  dispatch: z.enum(dispatchKinds),
  /** Of the queues' keys, so that runs do not meet in one Redis. */
  prefix: z.string(),
  redisUrl: z.string(),
  /**
   * The documents, by the steps of an upload that they are named after, that the process is stopped with; see stops.ts.
   */
  stops: z.array(z.string()),
  /** How long a row is held, in milliseconds. */
  leaseMs: z.number().int(),
  /**
   * How far the process's clock is ahead of the machine's, in milliseconds: leases of those killed before it are over.
   */
  aheadMs: z.number().int(),
  /** When a pending document is first looked at, and how often then, in milliseconds. */
  pollMs: z.number().int(),
  /**
   * The handlers that the process has: modules of an application that is spread over several kinds of processes, or
   * versions of it.
   */
  handlers: z.array(z.enum(['bills', 'archive', 'journal'])),
  /** Uploads at once. */
  concurrency: z.number().int(),
});

export type HostSettings = z.output<typeof hostSettings>;

export const webhookSecret = 'whsec_of_good_length_for_proofs';

/** The environment variable that holds them, as JSON. */
export const settingsVariable = 'PROOF_HOST';
