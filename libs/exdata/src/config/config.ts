import { z } from 'zod';
import type { ExdataModuleOptions } from './options.js';

const ms = (fallback: number, least = 0) => z.number().int().min(least).max(2_147_483_647).default(fallback);
const hour = 3_600_000;
const secret = z.strictObject({
  id: z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
  secret: z
    .string()
    .min(16, 'must have at least 16 characters')
    .refine((text) => text.trim() === text, 'must not begin or end with white space'),
});

const schema = z.strictObject({
  mode: z.enum(['test', 'live']),
  baseUrl: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL such as https://www.exdata.app/api/v1' })
    .default('https://www.exdata.app/api/v1'),
  token: z
    .string('must be the bearer token of this environment')
    .regex(/^[\x21-\x7e]{1,4096}$/, 'must be the bearer token, without spaces or line breaks'),
  webhookSecrets: z
    .array(secret)
    .min(1, 'must hold at least one secret: exdata shows it once, when the webhook is made')
    .refine((secrets) => new Set(secrets.map(({ id }) => id)).size === secrets.length, 'must not name two secrets alike'),
  upload: z
    .strictObject({
      maxBytes: z.number().int().min(1).max(500_000_000, 'must not exceed the 500,000,000 bytes that exdata takes').default(500_000_000),
      timeoutMs: ms(600_000, 1_000),
      spoolDirectory: z.string().min(1).default('exdata-spool'),
      keyLifetimeMs: ms(24 * hour, 1_000),
    })
    .prefault({}),
  webhook: z
    .strictObject({
      pastToleranceMs: ms(300_000, 1_000),
      futureToleranceMs: ms(60_000),
      maxBodyBytes: z
        .number()
        .int()
        .min(1_024)
        .max(100 * 1024 * 1024)
        .default(1024 * 1024),
    })
    .prefault({}),
  polling: z.strictObject({ firstMs: ms(10_000, 100), maxMs: ms(300_000, 100) }).prefault({}),
  work: z
    .strictObject({
      leaseMs: ms(30_000, 1_000),
      sweepEveryMs: ms(2_000, 50),
      concurrency: z.number().int().min(1).max(1_000).default(8),
      handlerTimeoutMs: ms(60_000, 100),
      drainMs: ms(10_000),
      retryFirstMs: ms(1_000, 1),
      retryMaxMs: ms(hour, 1),
      retryTotalMs: ms(75 * hour, 1),
    })
    .prefault({}),
});

/** The options with every default filled in. */
export type ExdataConfig = z.output<typeof schema>;

/** Inject it to read the checked options. It holds secrets: do not log it. */
export const EXDATA_CONFIG = Symbol.for('nestjs-exdata:config');

export type CheckedOptions = { readonly config: ExdataConfig } | { readonly faults: readonly string[] };

/** Checks all options at once; each fault names the path of its field, and never its value. */
export function checkOptions(options: ExdataModuleOptions): CheckedOptions {
  const checked = schema.safeParse(options);
  if (checked.success) return { config: checked.data };
  return { faults: checked.error.issues.map((issue) => `${pathOf(issue.path)}: ${issue.message}`) };
}

function pathOf(path: readonly PropertyKey[]): string {
  return (
    path.reduce<string>(
      (text, part) => (typeof part === 'number' ? `${text}[${String(part)}]` : text ? `${text}.${String(part)}` : String(part)),
      '',
    ) || 'options'
  );
}
