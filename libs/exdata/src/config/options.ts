import { token } from '../injection/index.js';
import type { ExdataAccountOptions } from './account-options.js';
import type { ExdataEnvironment } from './environment.js';

/**
 * What a host tells the module. Values such as these may come from an async factory; what shapes the module is in
 * {@link ExdataModuleExtras}.
 */
export interface ExdataModuleOptions extends Partial<ExdataAccountOptions> {
  /** The mode of the tokens: `test` costs nothing, `live` is paid for. */
  readonly mode: 'test' | 'live';
  /**
   * The accounts by name (1 to 64 lower-case letters, digits, dashes, underscores), where there are several. Instead of
   * it `token`, `baseUrl`, `webhookSecrets` and `owner` may stand beside `mode`: they describe the account `default`.
   */
  readonly accounts?: Readonly<Record<string, Partial<ExdataAccountOptions>>>;
  /**
   * Accounts as the environment describes them; what stands in the options goes before it. `ExdataTestModule` and
   * `ExdataLiveModule` set it.
   */
  readonly environment?: ExdataEnvironment;
  /**
   * Lets `baseUrl` begin with http:// in live mode, for tests against a simulator: the token crosses the network
   * readable. Default false.
   */
  readonly allowInsecureBaseUrl?: boolean;
  /**
   * How exdata is reached: by default (`environment`) through the proxy that `HTTPS_PROXY` names, but not to hosts that
   * `NO_PROXY` lists nor to this machine; or through the proxy at this http(s) address, which may hold user and
   * password; or past every proxy (`false`).
   */
  readonly proxy?: string | URL | false;
  /**
   * The largest answer of exdata's that is read, in bytes; default 5 MiB, at most 64 MiB: it is held in memory, as
   * often as reads are under way at once.
   */
  readonly maxResponseBytes?: number;
  readonly holds?: {
    /**
     * Time between two tries of an account that is on hold, in milliseconds; by default none is made, and the hold ends
     * when it is released.
     */
    readonly probeEveryMs?: number;
  };
  readonly upload?: {
    /** Default 500,000,000, exdata's own limit. */
    readonly maxBytes?: number;
    /** For one attempt, in milliseconds; default 600,000. */
    readonly timeoutMs?: number;
    /**
     * Where bytes wait until exdata has them: in a directory (default), or in the DataSource's database, which all
     * processes share.
     */
    readonly spool?: 'directory' | 'database';
    /** For `spool: 'directory'`; default `exdata-spool` in the working directory. Must outlive the process. */
    readonly spoolDirectory?: string;
    /**
     * Declares that every process that may send reads the same spool, such as a directory on a shared volume; default
     * false.
     */
    readonly spoolShared?: boolean;
    /**
     * What the spool may hold in all, in bytes: past it uploads end in `ExdataSpoolError` (`spool_full`). Default
     * 50,000,000,000, a hundred of the largest files.
     */
    readonly spoolBytes?: number;
    /**
     * What may be sent, told by the content: families (`pdf`, `image`, `office`, `email`, `html`, `xml`, `text`), media
     * types, or both. Default: all families, which is what exdata reads.
     */
    readonly allowedTypes?: readonly string[];
    /**
     * What to do with a file whose name belongs to another kind of content than it has, such as a program named `.pdf`;
     * default `refuse`.
     */
    readonly nameMismatch?: 'refuse' | 'ignore';
    /**
     * How long exdata is trusted to know an idempotency key, in milliseconds; it does not publish it. Default 24 hours.
     */
    readonly keyLifetimeMs?: number;
  };
  readonly webhook?: {
    /** Whether X-Timestamp is checked; default true. The one way to turn the check off. */
    readonly timestampCheck?: boolean;
    /** How old a delivery may be, in milliseconds; default 300,000, at least 1,000. */
    readonly pastToleranceMs?: number;
    /** How far ahead exdata's clock may be, in milliseconds; default 60,000. */
    readonly futureToleranceMs?: number;
    /** Default 1 MiB, whatever the host's own parser takes. */
    readonly maxBodyBytes?: number;
    /**
     * Bytes that all bodies together may take in this process until they are verified, with 16 KiB for each; past that
     * the slowest are cut off, and a body that finds no room is answered 503. At least twice `maxBodyBytes`; default 8
     * MiB, or four times `maxBodyBytes` if that is more.
     */
    readonly unverifiedBytes?: number;
    /** How long a sender may take for a whole body, in milliseconds; default 10,000. */
    readonly bodyTimeoutMs?: number;
    /** Media types that are taken, without parameters; default `application/json`. */
    readonly contentTypes?: readonly string[];
    /**
     * Whether bodies compressed with gzip, deflate or br are taken, if they are signed as they are sent; default false.
     * `maxBodyBytes` also holds for what they unfold to.
     */
    readonly compressedBodies?: boolean;
    /** How deliveries are stored, many with one insert, and when a sender is answered 503 instead. */
    readonly inbox?: {
      /** Deliveries of one insert at most; default 256, at most 1,000. */
      readonly maxBatch?: number;
      /**
       * Bytes of the bodies of one insert, above which no further one joins it; default 4 MiB. Keep it well below
       * MySQL's `max_allowed_packet`.
       */
      readonly maxBatchBytes?: number;
      /**
       * Deliveries that may be waiting or under way in this process; with so many, further ones are answered 503.
       * Default 5,000.
       */
      readonly highWaterRows?: number;
      /** The same for the bytes of their bodies; default 32 MiB. */
      readonly highWaterBytes?: number;
      /** How long a sender waits for its row before it is answered 503, in milliseconds; default 3,000. */
      readonly deadlineMs?: number;
      /** What a 503 says in `Retry-After`, in milliseconds, rounded up to seconds; default 5,000. */
      readonly retryAfterMs?: number;
    };
    /**
     * What a delivery is taken for: `fetch` (default) asks exdata for the document that it names; `payload` believes
     * the document in the signed body where there is one, which spares the read and gives up what docs/deliveries.md
     * lists.
     */
    readonly confirm?: 'fetch' | 'payload';
    /**
     * At most so often is one document read for deliveries whose bytes had come before under another id, in
     * milliseconds; default 10,000.
     */
    readonly replayReadEveryMs?: number;
    /**
     * How long a delivery's id is known, in milliseconds: until then the same delivery is a duplicate. Default 30 days.
     * What is still open is kept longer. Must not be less than `senderRetryHorizonMs`, nor than twice the tolerance of
     * X-Timestamp.
     */
    readonly keepIdsMs?: number;
    /**
     * How long the bodies of deliveries that were worked off are kept, in milliseconds; default 7 days. Dead deliveries
     * keep theirs as long as their ids.
     */
    readonly keepBodiesMs?: number;
    /**
     * For how long exdata may repeat a delivery that was not taken, in milliseconds; it does not publish it. Default 72
     * hours.
     */
    readonly senderRetryHorizonMs?: number;
    /** Time between two looks for rows and bodies whose time is over, in milliseconds; default 60,000. */
    readonly pruneEveryMs?: number;
    /** Rows of one such look's statements; default 500. Full looks follow each other after a short pause. */
    readonly pruneBatch?: number;
  };
  readonly polling?: {
    /** First look at a pending document whose webhook has not come, in milliseconds; default 10,000. */
    readonly firstMs?: number;
    /** Longest time between two looks, in milliseconds; default 300,000. */
    readonly maxMs?: number;
  };
  readonly work?: {
    /** How long a row is held before another worker may take it, in milliseconds; default 30,000. */
    readonly leaseMs?: number;
    /** Time between two looks for rows whose dispatch was lost, in milliseconds; default 2,000. */
    readonly sweepEveryMs?: number;
    /** Rows of one kind worked on at once in this process; default 8. */
    readonly concurrency?: number;
    /** For one run of a handler, in milliseconds; default 60,000. */
    readonly handlerTimeoutMs?: number;
    /**
     * How long no process may have been seen with a handler, while runs wait for it, before an alert, in milliseconds;
     * default 600,000, at least 120,000.
     */
    readonly handlerMissingAfterMs?: number;
    /** How long shutdown waits for running work, in milliseconds; default 10,000. */
    readonly drainMs?: number;
    /** First wait after a failure, in milliseconds; default 1,000. It doubles from there. */
    readonly retryFirstMs?: number;
    /** Longest wait between two attempts, in milliseconds; default 1 hour. */
    readonly retryMaxMs?: number;
    /** How long attempts go on at least, in milliseconds; default 75 hours, longer than a weekend. */
    readonly retryTotalMs?: number;
    /**
     * How long a delivery or a handler waits for an account that is on hold or has reached its rate limit, in
     * milliseconds; default 14 days.
     */
    readonly waitTotalMs?: number;
  };
}

/** What the host gave, unchecked. */
export const EXDATA_OPTIONS = token<ExdataModuleOptions>('options');
