import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readSettings } from './read-settings.js';
import { SettingsError } from './settings.js';

const folder = mkdtempSync(path.join(tmpdir(), 'demo-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (name: string, text: string) => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};
const faultsOf = (environment: Record<string, string>) => {
  try {
    readSettings(environment);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
};

describe('readSettings', () => {
  it('needs nothing', () => {
    expect(readSettings({ TMPDIR: '/var/tmp' })).toEqual({
      temporaryDirectory: '/var/tmp',
      http: { adapter: 'express', host: '127.0.0.1', port: 3000 },
      database: { kind: 'sqlite', file: path.resolve('data/demo.sqlite') },
      exdata: { kind: 'simulator', token: undefined, webhookSecrets: [] },
      variables: {},
      dispatch: { kind: 'in-process' },
      upload: { maxBytes: 500_000_000, spoolDirectory: path.resolve('data/spool') },
      logFormat: 'json',
    });
    expect(readSettings({ PORT: '', LOG_FORMAT: '' }, { isTerminal: true })).toMatchObject({
      http: { port: 3000 },
      logFormat: 'text',
    });
  });

  it.each<[string, Record<string, string>]>([
    ['live', { EXDATA_MODE: 'live' }],
    ['test', { EXDATA_TEST_BASE_URL: 'http://127.0.0.1:4010' }],
    [
      'test',
      {
        EXDATA_TEST_ACCOUNTS: 'acme,globex-eu',
        EXDATA_TEST_ACME_BASE_URL: 'http://127.0.0.1:4010',
        EXDATA_TEST_GLOBEX_EU_BASE_URL: 'http://127.0.0.1:4011',
      },
    ],
  ])('leaves it to the module to read in %s mode how exdata is reached', (mode, variables) => {
    const given = { ...variables, EXDATA_LIVE_TOKEN: '', OTHER: 'x' };
    expect(readSettings(given)).toMatchObject({ exdata: { kind: 'service', mode } });
    expect(readSettings(given).variables).toEqual(variables);
  });

  it('reads the simulator’s secrets as the module would: from files too, several at once, colons in them or not', () => {
    const settings = readSettings({
      EXDATA_TEST_TOKEN_FILE: written('token', 'from a file\n'),
      EXDATA_TEST_WEBHOOK_SECRETS_FILE: written('secrets', 'old:one, new:t:w:o\n'),
    });
    expect(settings.exdata).toEqual({
      kind: 'simulator',
      token: 'from a file',
      webhookSecrets: [
        { id: 'old', secret: 'one' },
        { id: 'new', secret: 't:w:o' },
      ],
    });
  });

  it.each<[string, Record<string, string>, string[]]>([
    ['a port out of range', { PORT: '70000' }, ['PORT: must be a port']],
    ['no port', { PORT: 'http' }, ['PORT: must be a whole number']],
    ['a mode', { EXDATA_MODE: 'prod' }, ['EXDATA_MODE: must be test or live']],
    ['a dispatcher', { EXDATA_DISPATCH: 'kafka' }, ['EXDATA_DISPATCH: must be in-process, bull or bullmq']],
    ['a Redis', { EXDATA_DISPATCH: 'bull', REDIS_URL: 'http://x' }, ['REDIS_URL: must be a redis:// address']],
    ['a platform', { HTTP_ADAPTER: 'koa' }, ['HTTP_ADAPTER: must be express or fastify']],
    [
      'secrets without ids',
      { EXDATA_TEST_WEBHOOK_SECRETS: 'hush' },
      ['EXDATA_TEST_WEBHOOK_SECRETS: must be id:secret, several separated by commas'],
    ],
    [
      'a secret twice',
      { EXDATA_TEST_TOKEN: 'hush', EXDATA_TEST_TOKEN_FILE: '/dev/null' },
      [
        'EXDATA_TEST_TOKEN: is set, and so is EXDATA_TEST_TOKEN_FILE; keep one of them',
        'EXDATA_TEST_TOKEN_FILE: names an empty file',
      ],
    ],
    [
      'a file that is not there',
      { EXDATA_TEST_TOKEN_FILE: path.join(folder, 'none') },
      ['EXDATA_TEST_TOKEN_FILE: cannot be read (ENOENT)'],
    ],
    [
      'accounts without an address, for which a simulator does not stand in',
      { EXDATA_TEST_ACCOUNTS: 'default,acme', EXDATA_TEST_ACME_TOKEN: 'hush' },
      ['EXDATA_TEST', 'EXDATA_TEST_ACME'].map(
        (prefix) => `${prefix}_BASE_URL: is needed; a simulator stands in for the account default alone`,
      ),
    ],
    [
      'an address without the mode, where the simulator would start instead',
      { EXDATA_BASE_URL: 'https://hush.example', EXDATA_TOKEN: 'hush' },
      [
        'EXDATA_BASE_URL: is set, and nobody reads it; did you mean EXDATA_TEST_BASE_URL?',
        'EXDATA_TOKEN: is set, and nobody reads it; did you mean EXDATA_TEST_TOKEN?',
      ],
    ],
    ['a database', { DATABASE_URL: 'redis://x' }, ['DATABASE_URL: must begin with sqlite:, postgres:// or mysql://']],
  ])('names the variable at fault: %s', (_what, environment, wanted) => {
    expect(faultsOf(environment)).toEqual(wanted);
  });

  it('lets whoever asks in to PostgreSQL as psql would', () => {
    expect(readSettings({ DATABASE_URL: 'postgres://127.0.0.1/test' }).database).toEqual({
      kind: 'postgres',
      url: `postgres://${process.env.PGUSER ?? userInfo().username}@127.0.0.1/test`,
    });
  });

  it.each(['mysql', 'mariadb'])('knows a MariaDB by %s:', (scheme) => {
    expect(readSettings({ DATABASE_URL: `${scheme}://root@127.0.0.1:3306/test` }).database).toEqual({
      kind: 'mariadb',
      url: 'mysql://root@127.0.0.1:3306/test',
    });
  });

  it('wakes work through the Redis that it is told', () => {
    expect(readSettings({ EXDATA_DISPATCH: 'bullmq' }).dispatch).toEqual({
      kind: 'bullmq',
      redisUrl: 'redis://127.0.0.1:6379',
    });
    expect(readSettings({ EXDATA_DISPATCH: 'bull', REDIS_URL: 'redis://r:1/2' }).dispatch).toEqual({
      kind: 'bull',
      redisUrl: 'redis://r:1/2',
    });
  });

  it('never shows a value', () => {
    const faults = faultsOf({
      DATABASE_URL: 'oracle://root:hush@db/x',
      EXDATA_MODE: 'hush',
      EXDATA_TEST_WEBHOOK_SECRETS: 'hush',
    });
    expect(faults).toHaveLength(3);
    expect(faults.join('\n')).not.toContain('hush');
  });
});
