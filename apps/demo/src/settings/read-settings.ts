import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { type DatabaseAddress, parseDatabaseAddress } from './database-address.js';
import { exdataSettings } from './exdata-settings.js';
import { type Settings, SettingsError } from './settings.js';

type Environment = Readonly<Record<string, string | undefined>>;

const whole = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number);

const database = z.string().transform((url, context): DatabaseAddress => {
  const parsed = parseDatabaseAddress(url);
  if (typeof parsed !== 'string') return parsed;
  context.addIssue(parsed);
  return z.NEVER;
});

const variables = z.object({
  PORT: whole.pipe(z.number().max(65_535, 'must be a port')).default(3000),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: database.prefault('sqlite:./data/demo.sqlite'),
  EXDATA_MODE: z.enum(['test', 'live'], 'must be test or live').default('test'),
  EXDATA_DISPATCH: z.enum(['in-process', 'bull', 'bullmq'], 'must be in-process, bull or bullmq').default('in-process'),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// address' }).default('redis://127.0.0.1:6379'),
  EXDATA_UPLOAD_MAX_BYTES: whole.default(500_000_000),
  EXDATA_SPOOL_DIRECTORY: z.string().optional(),
  TMPDIR: z.string().default(() => tmpdir()),
  HTTP_ADAPTER: z.enum(['express', 'fastify'], 'must be express or fastify').default('express'),
  LOG_FORMAT: z.enum(['json', 'text'], 'must be json or text').optional(),
});

/**
 * Checks the environment, but for what the module itself reads of it. A variable that is set but empty counts as not
 * set.
 * @throws {SettingsError} naming every variable at fault
 */
export function readSettings(environment: Environment, { isTerminal = false } = {}): Settings {
  const set = given(environment, () => true);
  const parsed = variables.safeParse(set);
  const faults = (parsed.error?.issues ?? []).map(({ path: at, message }) => `${at.join('.')}: ${message}`);
  const ofExdata = given(environment, (name) => name.startsWith('EXDATA_'));
  const exdata = exdataSettings(parsed.data?.EXDATA_MODE ?? 'test', ofExdata, (fault) => faults.push(fault));
  if (!parsed.success || faults.length > 0) throw new SettingsError(faults);
  const { data } = parsed;
  return {
    http: { adapter: data.HTTP_ADAPTER, host: data.HOST, port: data.PORT },
    database: data.DATABASE_URL,
    exdata,
    variables: ofExdata,
    dispatch:
      data.EXDATA_DISPATCH === 'in-process'
        ? { kind: 'in-process' }
        : { kind: data.EXDATA_DISPATCH, redisUrl: data.REDIS_URL },
    upload: {
      maxBytes: data.EXDATA_UPLOAD_MAX_BYTES,
      spoolDirectory: path.resolve(data.EXDATA_SPOOL_DIRECTORY ?? spoolBeside(data.DATABASE_URL)),
    },
    temporaryDirectory: path.resolve(data.TMPDIR),
    logFormat: data.LOG_FORMAT ?? (isTerminal ? 'text' : 'json'),
  };
}

/** The variables that are set, and not empty. */
function given(environment: Environment, wanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '' && wanted(entry[0]),
    ),
  );
}

function spoolBeside(address: DatabaseAddress): string {
  return address.kind === 'sqlite' ? path.join(path.dirname(address.file), 'spool') : './data/spool';
}
