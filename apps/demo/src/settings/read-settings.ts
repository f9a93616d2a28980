import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type DatabaseAddress, parseDatabaseAddress } from './database-address.js';
import { parseWebhookSecrets, type WebhookSecret } from './secrets.js';
import { type ExdataSettings, type Settings, SettingsError } from './settings.js';

type Environment = Readonly<Record<string, string | undefined>>;

const whole = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number);
const onlyYet = (value: string) => z.literal(value, `must be ${value}: this version of the demo supports no other yet`).default(value);
const address = z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional();

const database = z.string().transform((url, context): DatabaseAddress => {
  const parsed = parseDatabaseAddress(url);
  if (typeof parsed !== 'string') return parsed;
  context.addIssue(parsed);
  return z.NEVER;
});

const webhookSecrets = z.string().transform((text, context): WebhookSecret[] => {
  const parsed = parseWebhookSecrets(text);
  if (parsed) return parsed;
  context.addIssue('must be id:secret, several separated by commas');
  return z.NEVER;
});

const variables = z.object({
  PORT: whole.pipe(z.number().max(65_535, 'must be a port')).default(3000),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: database.prefault('sqlite:./data/demo.sqlite'),
  EXDATA_MODE: z.enum(['test', 'live'], 'must be test or live').default('test'),
  EXDATA_TEST_BASE_URL: address,
  EXDATA_LIVE_BASE_URL: address,
  EXDATA_TEST_TOKEN: z.string().optional(),
  EXDATA_LIVE_TOKEN: z.string().optional(),
  EXDATA_TEST_WEBHOOK_SECRETS: webhookSecrets.optional(),
  EXDATA_LIVE_WEBHOOK_SECRETS: webhookSecrets.optional(),
  EXDATA_DISPATCH: z.enum(['in-process', 'bull', 'bullmq'], 'must be in-process, bull or bullmq').default('in-process'),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// address' }).default('redis://127.0.0.1:6379'),
  EXDATA_UPLOAD_MAX_BYTES: whole.default(500_000_000),
  EXDATA_SPOOL_DIRECTORY: z.string().optional(),
  HTTP_ADAPTER: onlyYet('express'),
  LOG_FORMAT: z.enum(['json', 'text'], 'must be json or text').optional(),
});

const exdataUrl = 'https://www.exdata.app/api/v1';

const fromFiles = ['EXDATA_TEST_TOKEN', 'EXDATA_LIVE_TOKEN', 'EXDATA_TEST_WEBHOOK_SECRETS', 'EXDATA_LIVE_WEBHOOK_SECRETS'] as const;

/**
 * Checks the environment. A variable that is set but empty counts as not set; secrets may stand in the file that `<NAME>_FILE` names.
 * @throws {SettingsError} naming every variable at fault
 */
export function readSettings(environment: Environment, { isTerminal = false } = {}): Settings {
  const faults: string[] = [];
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  for (const name of fromFiles) {
    const file = set[`${name}_FILE`];
    if (file === undefined) continue;
    if (set[name] !== undefined) faults.push(`${name}: is set, and so is ${name}_FILE; keep one of them`);
    else set[name] = readSecret(file, (why) => faults.push(`${name}_FILE: ${why}`));
  }
  const parsed = variables.safeParse(set);
  if (!parsed.success)
    throw new SettingsError([...faults, ...parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`)]);
  const { data } = parsed;
  const exdata = exdataOf(data, set, faults);
  if (faults.length > 0) throw new SettingsError(faults);
  return {
    http: { host: data.HOST, port: data.PORT },
    database: data.DATABASE_URL,
    exdata,
    dispatch: data.EXDATA_DISPATCH === 'in-process' ? { kind: 'in-process' } : { kind: data.EXDATA_DISPATCH, redisUrl: data.REDIS_URL },
    upload: {
      maxBytes: data.EXDATA_UPLOAD_MAX_BYTES,
      spoolDirectory: path.resolve(data.EXDATA_SPOOL_DIRECTORY ?? spoolBeside(data.DATABASE_URL)),
    },
    logFormat: data.LOG_FORMAT ?? (isTerminal ? 'text' : 'json'),
  };
}

/** The simulator makes up what it is not told; a real exdata cannot be guessed at. */
function exdataOf(data: z.infer<typeof variables>, set: Environment, faults: string[]): ExdataSettings {
  const mode = data.EXDATA_MODE;
  const { baseUrl, token, webhookSecrets } =
    mode === 'live'
      ? { baseUrl: data.EXDATA_LIVE_BASE_URL ?? exdataUrl, token: data.EXDATA_LIVE_TOKEN, webhookSecrets: data.EXDATA_LIVE_WEBHOOK_SECRETS }
      : { baseUrl: data.EXDATA_TEST_BASE_URL, token: data.EXDATA_TEST_TOKEN, webhookSecrets: data.EXDATA_TEST_WEBHOOK_SECRETS };
  if (baseUrl === undefined) return { kind: 'simulator', token, webhookSecrets: webhookSecrets ?? [] };
  const need = (name: string, value: unknown) => {
    // A file that was named and could not be used has been reported already.
    if (value === undefined && set[`${name}_FILE`] === undefined) faults.push(`${name}: is needed (or ${name}_FILE)`);
  };
  need(`EXDATA_${mode.toUpperCase()}_TOKEN`, token);
  need(`EXDATA_${mode.toUpperCase()}_WEBHOOK_SECRETS`, webhookSecrets);
  return { kind: 'service', mode, baseUrl, token: token ?? '', webhookSecrets: webhookSecrets ?? [] };
}

function readSecret(file: string, fault: (why: string) => void): string | undefined {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret !== '') return secret;
    fault('names an empty file');
  } catch (error) {
    fault(`cannot be read (${typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error'})`);
  }
  return undefined;
}

function spoolBeside(address: DatabaseAddress): string {
  return address.kind === 'sqlite' ? path.join(path.dirname(address.file), 'spool') : './data/spool';
}
