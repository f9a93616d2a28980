import { z } from 'zod';
import type { ExdataWebhookSecret } from './secret-source.js';

/** A bearer token (RFC 6750 allows fewer characters still). */
export const tokenValue = z
  .string('must be the bearer token of this environment')
  .regex(/^[\x21-\x7e]{1,4096}$/, 'must be the bearer token, without spaces or line breaks');

/** One webhook secret. */
export const webhookSecretValue = z
  .string('must be text')
  .min(16, 'must have at least 16 characters')
  .max(1_024, 'must have at most 1,024 characters')
  .refine((text) => text.trim() === text, 'must not begin or end with white space');

export const webhookSecretId = z
  .string()
  .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores');

const pairs = 'must be id:secret, as in current:the_secret, several separated by commas or line breaks';

export const namedApart = (secrets: readonly { readonly id: string }[]): boolean =>
  new Set(secrets.map(({ id }) => id)).size === secrets.length;

const list = z
  .array(z.strictObject({ id: webhookSecretId, secret: webhookSecretValue }))
  .min(1, 'must hold at least one secret: exdata shows it once, when the webhook is made')
  .max(16, 'must hold at most 16 secrets')
  .refine(namedApart, 'must not name two secrets alike');

const text = z.string().transform((given, context): ExdataWebhookSecret[] => {
  const lines = given.split(/[,\n]/).filter((pair) => pair.trim() !== '');
  const secrets = lines.map((pair) => {
    const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(pair) ?? [];
    return { id: id.trim(), secret: secret.trim() };
  });
  if (secrets.length > 0 && secrets.every(({ id, secret }) => id !== '' && secret !== '')) return secrets;
  context.addIssue({ code: 'custom', message: pairs });
  return z.NEVER;
});

/** What a source of webhook secrets gives: a list, or text such as `current:the_secret,old:another`. */
export const webhookSecretsValue = z.union([text, z.array(z.unknown())], pairs).pipe(list);
