import { z } from 'zod';
import type { AccountFields } from './account-fields.js';
import { accountFieldsOf } from './account-fields.js';
import type { Faults } from './faults.js';
import type { OpenedSecret } from './open-secrets.js';
import { openToken, openWebhookSecrets } from './open-secrets.js';
import type { ExdataModuleOptions } from './options.js';
import { secretReader } from './secret-reader.js';
import type { ExdataWebhookSecret } from './secret-source.js';
import { exdataSecretFromEnv } from './secret-source.js';
import type { SourceContext } from './source-context.js';

/** Gives the bearer token as it is now. */
type TokenSource = () => string | Promise<string>;

/** Gives the webhook secrets as they are now. */
export type SecretsSource = () => readonly ExdataWebhookSecret[] | Promise<readonly ExdataWebhookSecret[]>;

/** One account at exdata, checked. */
export interface ExdataAccountConfig {
  readonly name: string;
  readonly baseUrl: string;
  readonly token: TokenSource;
  /** The token, past what is kept of its source. */
  readonly renewToken: TokenSource;
  readonly webhookSecrets: SecretsSource;
  /** Whom alerts about the account are for. */
  readonly owner: string | null;
}

const exdataUrl = 'https://www.exdata.app/api/v1';
const baseUrlSchema = z
  .url({ protocol: /^https?$/, error: `must be an http(s) URL such as ${exdataUrl}` })
  .refine(isBare, 'must be without credentials, query or fragment')
  .default(exdataUrl);
const ownerSchema = z
  .string('must be text')
  .regex(/^[^\p{Cc}]{1,200}$/u, 'must have 1 to 200 characters, none of them a control character')
  .nullable()
  .default(null);

/** Opens the accounts: each secret is got once, so that one that is missing or malformed is told now. */
export async function openAccounts(
  given: ExdataModuleOptions,
  faults: Faults,
  context: SourceContext,
): Promise<ExdataAccountConfig[]> {
  const live = given.mode === 'live';
  const opened = await Promise.all(
    accountFieldsOf(given, faults).map(async ({ name, fields }) => {
      const baseUrl = faults.check(baseUrlSchema, fields.baseUrl.value, fields.baseUrl.label);
      if (live && baseUrl !== undefined) requireHttps(baseUrl, fields, given.allowInsecureBaseUrl, faults);
      const owner = faults.check(ownerSchema, fields.owner.value, fields.owner.label);
      const token = await openToken(fields.token.value, fields.token.label, { live, faults, context });
      const webhookSecrets = await openWebhookSecrets(fields.webhookSecrets.value, fields.webhookSecrets.label, {
        live,
        faults,
        context,
      });
      return { name, baseUrl: baseUrl ?? '', owner: owner ?? null, token, webhookSecrets };
    }),
  );
  await requireTokensOfOneUse(opened, given, faults, context);
  return opened.map(({ token, webhookSecrets, ...account }) => ({
    ...account,
    token: () => token.get(),
    renewToken: () => token.renew(),
    webhookSecrets: () => webhookSecrets.get(),
  }));
}

/** What else an address may hold would be lost, or is a secret. Whether it is one at all is told before. */
function isBare(address: string): boolean {
  if (!URL.canParse(address)) return true;
  const { username, password, search, hash } = new URL(address);
  return `${username}${password}${search}${hash}` === '';
}

function requireHttps(
  baseUrl: string,
  { baseUrl: { label } }: AccountFields['fields'],
  allowed: boolean | undefined,
  faults: Faults,
): void {
  if (allowed !== true && new URL(baseUrl).protocol !== 'https:')
    faults.add(
      label,
      'must begin with https:// in live mode (for tests against a simulator: allowInsecureBaseUrl: true)',
    );
}

/**
 * A token belongs to one account and one mode (exdata docs: Authentication); the same one twice is a slip that would
 * mix them up.
 */
async function requireTokensOfOneUse(
  accounts: readonly { readonly token: OpenedSecret<string> }[],
  { environment }: ExdataModuleOptions,
  faults: Faults,
  context: SourceContext,
): Promise<void> {
  const seen = new Map<unknown, string>();
  for (const variable of environment?.otherTokens ?? []) {
    // What is wrong with a variable of the other mode is not this one's to tell.
    const reading = await secretReader(exdataSecretFromEnv(variable), context)().catch(() => null);
    if (reading) seen.set(reading.raw, `${variable}; test and live mode have tokens of their own`);
  }
  for (const { token } of accounts) {
    if (token.first === undefined) continue;
    const other = seen.get(token.first);
    if (other !== undefined) faults.add(token.label, `holds the same token as ${other}`);
    else seen.set(token.first, `${token.label}; each account has a token of its own`);
  }
}
