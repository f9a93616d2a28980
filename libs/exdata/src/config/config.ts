import { z } from 'zod';
import { token } from '../injection/index.js';
import { accountFields, accountsReadFrom } from './account-fields.js';
import { openAccounts } from './accounts.js';
import type { ExdataAccountConfig } from './accounts.js';
import { proxyFault, variableFaults } from '../proxies/index.js';
import { Faults } from './faults.js';
import type { ExdataModuleOptions } from './options.js';
import { modeDoubts } from './mode-doubts.js';
import type { SourceContext } from './source-context.js';
import { unreadVariables } from './unread-variables.js';

const ms = (fallback: number, least = 0) => z.number().int().min(least).max(2_147_483_647).default(fallback);
const hour = 3_600_000;
const day = 24 * hour;
/** Longer than a timer runs. */
const longMs = (fallback: number) =>
  z
    .number()
    .int()
    .min(0)
    .max(3_650 * day)
    .default(fallback);
const mebibyte = 1024 * 1024;
const bytes = (fallback: number) => z.number().int().min(1_024).max(2_147_483_647).default(fallback);
/** Of files, as exdata names them (exdata docs: Uploads). */
const families = ['pdf', 'image', 'office', 'email', 'html', 'xml', 'text'];
const allowedType = z
  .string()
  // Media types are told apart without regard to case (RFC 2045, 5.1).
  .toLowerCase()
  .refine(
    (type) => families.includes(type) || /^[\w.+-]+\/[\w.+-]+$/.test(type),
    `must be ${families.join(', ')}, or a media type such as image/png`,
  );

const inbox = z
  .strictObject({
    maxBatch: z.number().int().min(1).max(1_000).default(256),
    maxBatchBytes: bytes(4 * mebibyte),
    highWaterRows: z.number().int().min(1).max(1_000_000).default(5_000),
    highWaterBytes: bytes(32 * mebibyte),
    deadlineMs: ms(3_000, 100),
    retryAfterMs: ms(5_000, 1_000),
  })
  .prefault({});

/** What may stand in the options, beside those of accounts. */
export const optionsSchema = z.strictObject({
  mode: z.enum(['test', 'live'], "must be 'test' or 'live'"),
  allowInsecureBaseUrl: z.boolean().default(false),
  proxy: z
    .custom<string | URL | false>((given) => proxyFault(given) === null, {
      error: ({ input }) => proxyFault(input) ?? undefined,
    })
    .transform((given) => (given instanceof URL ? given.href : given))
    .default('environment'),
  maxResponseBytes: z
    .number()
    .int()
    .min(64 * 1024)
    .max(64 * mebibyte, 'must not exceed 67,108,864 (64 MiB): an answer is held in memory')
    .default(5 * mebibyte),
  holds: z
    .strictObject({ probeEveryMs: z.number().int().min(1_000).max(2_147_483_647).nullable().default(null) })
    .prefault({}),
  upload: z
    .strictObject({
      maxBytes: z
        .number()
        .int()
        .min(1)
        .max(500_000_000, 'must not exceed the 500,000,000 bytes that exdata takes')
        .default(500_000_000),
      timeoutMs: ms(600_000, 1_000),
      spool: z.enum(['directory', 'database']).default('directory'),
      spoolDirectory: z.string().min(1).default('exdata-spool'),
      spoolShared: z.boolean().default(false),
      spoolBytes: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).default(50_000_000_000),
      allowedTypes: z
        .array(allowedType)
        .min(1, 'must allow at least one type')
        .default([...families]),
      nameMismatch: z.enum(['refuse', 'ignore']).default('refuse'),
      keyLifetimeMs: ms(24 * hour, 1_000),
    })
    .refine(({ spoolBytes, maxBytes }) => spoolBytes >= maxBytes, {
      path: ['spoolBytes'],
      message: 'must not be less than upload.maxBytes: a file of that size would never find room',
    })
    .prefault({}),
  webhook: z
    .strictObject({
      timestampCheck: z.boolean().default(true),
      pastToleranceMs: z
        .number()
        .int()
        .min(1_000, 'must be at least 1,000; whoever wants no check of X-Timestamp says timestampCheck: false')
        .max(2_147_483_647)
        .default(300_000),
      futureToleranceMs: ms(60_000),
      maxBodyBytes: z
        .number()
        .int()
        .min(1_024)
        .max(100 * 1024 * 1024)
        .default(1024 * 1024),
      unverifiedBytes: z
        .number()
        .int()
        .min(256 * 1024)
        .max(2_147_483_647)
        .optional(),
      bodyTimeoutMs: ms(10_000, 100),
      contentTypes: z
        .array(
          z
            .string()
            .regex(/^[\w.+-]+\/[\w.+-]+$/, 'must be a media type without parameters')
            .toLowerCase(),
        )
        .min(1)
        .default(['application/json']),
      compressedBodies: z.boolean().default(false),
      inbox,
      confirm: z.enum(['fetch', 'payload'], "must be 'fetch' or 'payload'").default('fetch'),
      replayReadEveryMs: ms(10_000),
      keepIdsMs: longMs(30 * day),
      keepBodiesMs: longMs(7 * day),
      senderRetryHorizonMs: longMs(3 * day),
      pruneEveryMs: ms(60_000, 100),
      pruneBatch: z.number().int().min(1).max(10_000).default(500),
    })
    .superRefine(({ maxBodyBytes, unverifiedBytes }, context) => {
      if (unverifiedBytes === undefined || unverifiedBytes >= 2 * maxBodyBytes) return;
      const message = `must be at least twice webhook.maxBodyBytes (${2 * maxBodyBytes}): else a body of that size may find no room`;
      context.addIssue({ code: 'custom', path: ['unverifiedBytes'], message });
    })
    .superRefine(({ keepIdsMs, senderRetryHorizonMs, timestampCheck, pastToleranceMs, futureToleranceMs }, context) => {
      const tooShort = (message: string) => context.addIssue({ code: 'custom', path: ['keepIdsMs'], message });
      if (keepIdsMs < senderRetryHorizonMs)
        tooShort(
          `must not be less than webhook.senderRetryHorizonMs (${senderRetryHorizonMs}): a retry whose id is forgotten would be taken for new`,
        );
      const tolerance = timestampCheck ? Math.max(pastToleranceMs, futureToleranceMs) : 0;
      if (keepIdsMs < 2 * tolerance)
        tooShort(
          `must be at least twice the tolerance of X-Timestamp (${2 * tolerance}): a delivery sent again within it would be taken for new`,
        );
    })
    .transform(({ unverifiedBytes, ...webhook }) => ({
      ...webhook,
      unverifiedBytes: unverifiedBytes ?? Math.max(8 * mebibyte, 4 * webhook.maxBodyBytes),
    }))
    .prefault({}),
  polling: z.strictObject({ firstMs: ms(10_000, 100), maxMs: ms(300_000, 100) }).prefault({}),
  work: z
    .strictObject({
      leaseMs: ms(30_000, 1_000),
      sweepEveryMs: ms(2_000, 50),
      concurrency: z.number().int().min(1).max(1_000).default(8),
      handlerTimeoutMs: ms(60_000, 100),
      handlerMissingAfterMs: ms(600_000, 120_000),
      drainMs: ms(10_000),
      retryFirstMs: ms(1_000, 1),
      retryMaxMs: ms(hour, 1),
      retryTotalMs: ms(75 * hour, 1),
      waitTotalMs: ms(336 * hour, 1),
    })
    .prefault({}),
});

/** The options with every default filled in, and the accounts with their secrets' sources. */
export interface ExdataConfig extends z.output<typeof optionsSchema> {
  readonly accounts: readonly ExdataAccountConfig[];
}

/** Inject it to read the checked options. It gives access to secrets: do not log what they give. */
export const EXDATA_CONFIG = token<ExdataConfig>('config');

export type CheckedOptions =
  | {
      readonly config: ExdataConfig;
      /** What may be a slip, and is to be told. */
      readonly doubts: readonly string[];
    }
  | { readonly faults: readonly string[] };

/**
 * Checks all options at once and gets each secret once; each fault names its field or variable, and never its value.
 */
export async function checkOptions(options: ExdataModuleOptions, context: SourceContext): Promise<CheckedOptions> {
  const faults = new Faults();
  const settings = faults.check(optionsSchema, withoutAccounts(options), '');
  const { environment } = options;
  if (environment && environment.mode !== options.mode)
    faults.add('environment', `is that of mode '${environment.mode}', which is not the module's`);
  if (environment) {
    const prefixes = accountsReadFrom(environment, options.accounts ?? null).map(({ prefix }) => prefix);
    for (const unread of unreadVariables({ ...options, environment }, prefixes, context.variables))
      faults.add(...unread);
  }
  const accounts = await openAccounts(options, faults, context);
  // A secret may stand in such a variable as in those of accounts: told is its name.
  if (settings?.proxy === 'environment') {
    const known = accounts.map(({ baseUrl }) => baseUrl).filter((url) => URL.canParse(url));
    for (const { variable, fault } of variableFaults(known, context.variables)) faults.add(variable, fault);
  }
  if (!settings || faults.lines.length > 0) return { faults: faults.lines };
  return { config: { ...settings, accounts }, doubts: modeDoubts(options, context.variables) };
}

function withoutAccounts(options: ExdataModuleOptions): Record<string, unknown> {
  const ofAccounts: readonly string[] = [...accountFields, 'accounts', 'environment'];
  return Object.fromEntries(Object.entries(options).filter(([name]) => !ofAccounts.includes(name)));
}
