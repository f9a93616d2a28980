import { z } from 'zod';
import type { Faults } from './faults.js';
import { KeptSecret } from './kept-secret.js';
import { secretReader } from './secret-reader.js';
import type { ExdataSecretSource, ExdataWebhookSecret } from './secret-source.js';
import { secretSource } from './secret-source.js';
import { namedApart, tokenValue, webhookSecretId, webhookSecretsValue, webhookSecretValue } from './secret-values.js';
import type { SourceContext } from './source-context.js';
import { SourceFault } from './source-fault.js';

/** A secret that has been got once, and is got again at each use. */
export interface OpenedSecret<T> {
  readonly label: string;
  /** What it was at start; undefined when it was at fault. */
  readonly first: T | undefined;
  get(): Promise<T>;
  /** The same, past what is kept of its source. */
  renew(): Promise<T>;
}

export interface Opening {
  readonly live: boolean;
  readonly faults: Faults;
  readonly context: SourceContext;
}

/** What a literal of the options never does is change. */
const forever = 2_147_483_647;
const sources = "exdataSecretFromEnv('NAME'), exdataSecretFromFile(path), exdataSecretFromProvider(read) or a function";

/** The bearer token of an account. */
export function openToken(value: unknown, label: string, opening: Opening): Promise<OpenedSecret<string>> {
  return open(value, label, tokenValue, opening);
}

/** The webhook secrets of an account: one by one, or all from one source. */
export async function openWebhookSecrets(
  value: unknown,
  label: string,
  opening: Opening,
): Promise<OpenedSecret<readonly ExdataWebhookSecret[]>> {
  if (!Array.isArray(value)) return open(value, label, webhookSecretsValue, opening);
  const entries = opening.faults.check(entriesSchema, value, label) ?? [];
  const secrets = await Promise.all(
    entries.map(async ({ id, secret }, index) => ({
      id,
      secret: await open(secret, `${label}[${index}].secret`, webhookSecretValue, opening),
    })),
  );
  const all = (get: (secret: OpenedSecret<string>) => Promise<string>) =>
    Promise.all(secrets.map(async ({ id, secret }) => ({ id, secret: await get(secret) })));
  return {
    label,
    first: undefined,
    get: () => all((secret) => secret.get()),
    renew: () => all((secret) => secret.renew()),
  };
}

const entriesSchema = z
  .array(z.strictObject({ id: webhookSecretId, secret: z.unknown() }))
  .min(1, 'must hold at least one secret: exdata shows it once, when the webhook is made')
  .max(16, 'must hold at most 16 secrets')
  .refine(namedApart, 'must not name two secrets alike');

async function open<T>(
  value: unknown,
  field: string,
  schema: z.ZodType<T>,
  opening: Opening,
): Promise<OpenedSecret<T>> {
  const { faults, context } = opening;
  const source = sourceOf(value, field, opening);
  if (!source) {
    const fail = () => Promise.reject(SourceFault.of('is at fault', field));
    return { label: field, first: undefined, get: fail, renew: fail };
  }
  const label = source.from === 'environment' ? source.name : field;
  const kept = new KeptSecret(label, secretReader(source, context), schema, context);
  const first = await kept.get().catch((error: unknown) => {
    if (!(error instanceof SourceFault)) throw error;
    faults.lines.push(...error.linesFor(label));
    return undefined;
  });
  return { label, first, get: () => kept.get(), renew: () => kept.renew() };
}

/** Where the secret is kept; null when what is given is at fault. */
function sourceOf(value: unknown, field: string, { live, faults }: Opening): ExdataSecretSource<unknown> | null {
  if (value === undefined) {
    faults.add(field, `is needed: ${sources}`);
    return null;
  }
  if (typeof value !== 'string') return faults.check(secretSource, value, field) ?? null;
  if (live) faults.add(field, `must not stand in the code in live mode; give its source: ${sources}`);
  return live ? null : { from: 'provider', read: () => value, cacheMs: forever };
}
