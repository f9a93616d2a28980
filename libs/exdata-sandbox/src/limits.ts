/** Bounds on what the simulator takes in. All sizes are bytes. */
export interface SandboxLimits {
  /** Largest upload; 500,000,000 by default (exdata docs: Uploads). */
  readonly fileBytes: number;
  /**
   * Bytes of one upload kept in memory to be read as an e-invoice; a larger file is hashed and counted only. 64 MiB by
   * default.
   */
  readonly keptBytes: number;
  /** Largest invoice XML, after decompression; 32 MiB by default, since UBL may carry its attachments inside. */
  readonly xmlBytes: number;
  /** Deepest nesting of XML elements; 64 by default. */
  readonly xmlDepth: number;
  /** Attachments of one PDF that are looked at; 64 by default. */
  readonly attachments: number;
  /** Bytes that all attachments, or all object streams, of one PDF may decompress to; 128 MiB by default. */
  readonly inflatedBytes: number;
  /** How long one file may take to be read, in real milliseconds; 5,000 by default. It ends as `error` then. */
  readonly readingMs: number;
  /** What reading one file may take of the heap; 512 MiB by default. */
  readonly readingBytes: number;
  /** Requests a minute of one token; no limit by default, as for the two below. Over it: 429. */
  readonly requestsPerMinute: number;
  /** Requests a minute of all tokens of one account. */
  readonly accountRequestsPerMinute: number;
  /** Requests a minute with a bad token or none, from one address. */
  readonly failedAuthenticationsPerMinute: number;
  /** Entries the journal keeps; the oldest go first. 100,000 by default. */
  readonly journalEntries: number;
}

export const defaultLimits: SandboxLimits = {
  fileBytes: 500_000_000,
  keptBytes: 64 * 2 ** 20,
  xmlBytes: 32 * 2 ** 20,
  xmlDepth: 64,
  attachments: 64,
  inflatedBytes: 128 * 2 ** 20,
  readingMs: 5_000,
  readingBytes: 512 * 2 ** 20,
  requestsPerMinute: Infinity,
  accountRequestsPerMinute: Infinity,
  failedAuthenticationsPerMinute: Infinity,
  journalEntries: 100_000,
};
