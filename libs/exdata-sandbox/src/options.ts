import type { AccountOptions } from './accounts/accounts.js';
import type { SandboxClock } from './clock/clock.js';
import type { ProcessingTime } from './documents/processing.js';
import type { SandboxLimits } from './limits.js';
import type { Readings } from './readings.js';
import type { EndpointOptions } from './webhooks/endpoints.js';

/** How a simulator is set up; everything has a default. */
export interface SandboxOptions {
  /**
   * Ids, secrets and default invoices follow from it: the same ones at each start. Without it no id comes twice, so
   * that a host may keep its database over a restart of the simulator; secrets stay the same.
   */
  readonly seed?: string | number | undefined;
  /** {@link systemClock} by default. */
  readonly clock?: SandboxClock | undefined;
  /** Address to listen on; `127.0.0.1` by default. */
  readonly host?: string | undefined;
  /** {@link defaultAccounts} when absent. The first one is the default of everything that names an account. */
  readonly accounts?: readonly [AccountOptions, ...AccountOptions[]] | undefined;
  /**
   * Id of the first document, such as 1 where a test wants small ones; by default a number of up to 13 digits that
   * follows from the seed.
   */
  readonly firstDocumentId?: number | undefined;
  /** Milliseconds from acceptance to the end, or `manual`; 1,000 by default. */
  readonly processingMs?: ProcessingTime | undefined;
  /** `processing_stage` on the way, at equal distances; `queued`, `extracting` by default. */
  readonly stages?: readonly string[] | undefined;
  /** Receivers of webhooks. */
  readonly endpoints?: readonly EndpointOptions[] | undefined;
  /** Milliseconds before each retry of a webhook; by default 10 s, 1 min, 5 min, 30 min, 2 h, 6 h, 12 h. */
  readonly webhookRetryAfterMs?: readonly number[] | undefined;
  /** Real milliseconds an endpoint has to answer; 10,000 by default. */
  readonly webhookTimeoutMs?: number | undefined;
  /** How to play what the contract leaves open. */
  readonly readings?: Partial<Readings> | undefined;
  readonly limits?: Partial<SandboxLimits> | undefined;
  /** Extensions that are accepted. */
  readonly fileTypes?: readonly string[] | undefined;
  /** Opens the routes under `/_sandbox/`, for other processes; only on a loopback address. Off by default. */
  readonly control?: boolean | undefined;
}

/** One account with a token of each mode, both with all abilities, and 100 credits. */
export const defaultAccounts = [
  {
    id: 'acct_1',
    credits: 100,
    tokens: [
      { token: 'sandbox_test_token', mode: 'test' },
      { token: 'sandbox_live_token', mode: 'live' },
    ],
  },
] as const satisfies readonly [AccountOptions];

const minute = 60_000;
const hour = 60 * minute;

/** See {@link SandboxOptions.webhookRetryAfterMs}. */
export const defaultRetryAfterMs: readonly number[] = [
  10_000,
  minute,
  5 * minute,
  30 * minute,
  2 * hour,
  6 * hour,
  12 * hour,
];
