import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Surroundings } from '../../../../test/surroundings.js';
import { checkOptions, exdataSecretFromEnv, exdataSecretFromFile, exdataSecretFromProvider } from './index.js';
import type { ExdataAccountConfig, ExdataModuleOptions } from './index.js';

const webhookSecrets = [{ id: 'current', secret: () => 'sixteen characters' }];
let folder: string;
let file: string;
let around: Surroundings;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'exdata-secrets-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  around = new Surroundings({});
  file = path.join(folder, 'token');
});

async function faultsOf(given: Partial<ExdataModuleOptions>): Promise<readonly string[]> {
  const checked = await checkOptions({ mode: 'live', token: () => 'tok_ok', webhookSecrets, ...given }, around);
  return 'faults' in checked ? checked.faults : [];
}

async function opened(given: Partial<ExdataModuleOptions>): Promise<ExdataAccountConfig> {
  const checked = await checkOptions({ mode: 'live', token: () => 'tok_ok', webhookSecrets, ...given }, around);
  const account = 'config' in checked ? checked.config.accounts[0] : undefined;
  if (!account) throw new Error('faults' in checked ? checked.faults.join('\n') : 'no account');
  return account;
}

describe('[C1] a secret in a file', () => {
  it('is read again when the file changes, within a second', async () => {
    await writeFile(file, 'tok_first\n');
    const { token } = await opened({ token: exdataSecretFromFile(file) });
    await writeFile(file, 'tok_other\n');
    around.pass(999);
    expect(await token()).toBe('tok_first');
    around.pass(1);
    expect(await token()).toBe('tok_other');
  });

  it('is read again at once by whoever has been told that it is outdated', async () => {
    await writeFile(file, 'tok_first\n');
    const { token, renewToken } = await opened({ token: exdataSecretFromFile(file) });
    await writeFile(file, 'tok_other\n');
    expect([await token(), await renewToken(), await token()]).toEqual(['tok_first', 'tok_other', 'tok_other']);
  });

  it('is read again at once when the clock is set back', async () => {
    await writeFile(file, 'tok_first\n');
    const { token } = await opened({ token: exdataSecretFromFile(file) });
    await writeFile(file, 'tok_other\n');
    around.pass(-3_600_000);
    expect(await token()).toBe('tok_other');
  });

  it('is read again when Kubernetes points its link elsewhere', async () => {
    // As the kubelet mounts a secret: token -> ..data/token, ..data -> a folder of this version.
    const mount = path.join(folder, 'mount');
    const version = async (name: string, text: string) => {
      await mkdir(path.join(mount, name), { recursive: true });
      await writeFile(path.join(mount, name, 'token'), text);
      await symlink(name, path.join(mount, '..data_new'));
      await rename(path.join(mount, '..data_new'), path.join(mount, '..data'));
    };
    await version('..v1', 'tok_v1');
    await symlink('..data/token', path.join(mount, 'token'));
    const { token } = await opened({ token: exdataSecretFromFile(path.join(mount, 'token')) });
    expect(await token()).toBe('tok_v1');
    await version('..v2', 'tok_v2');
    around.pass(1_000);
    expect(await token()).toBe('tok_v2');
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    ['vanished', () => unlink(file), /^token: the file \S+ cannot be read \(ENOENT\)$/],
    ['half written', () => writeFile(file, ''), /^token: the file \S+ is empty$/],
    ['something else', () => writeFile(file, 'tok two words'), /^token: must be the bearer token, without spaces/],
    ['huge', () => writeFile(file, 'x'.repeat(65_537)), /^token: the file \S+ is larger than 65,536 bytes$/],
  ])('keeps its last good value when it is %s, tells of each use, and recovers', async (_what, spoil, told) => {
    await writeFile(file, 'tok_good');
    const { token } = await opened({ token: exdataSecretFromFile(file) });
    await spoil();
    for (let look = 0; look < 3; look++) {
      around.pass(1_000);
      expect(await token()).toBe('tok_good');
    }
    const line: unknown = expect.stringMatching(told);
    expect(around.told).toEqual([line, line, line]);
    around.mended.clear();
    await writeFile(file, 'tok_better');
    around.pass(1_000);
    expect(await token()).toBe('tok_better');
    expect([...around.mended]).toEqual(['token']);
    await spoil();
    around.pass(1_000);
    await token();
    expect(around.told).toHaveLength(4);
    expect(around.told.join()).not.toMatch(/tok_|two words/);
  });

  it.each([
    ['a folder', () => folder, 'is no regular file'],
    ['nothing', () => path.join(folder, 'none'), 'cannot be read (ENOENT)'],
  ])('stops the start when it is %s', async (_what, at, wanted) => {
    expect(await faultsOf({ token: exdataSecretFromFile(at()) })).toEqual([`token: the file ${at()} ${wanted}`]);
  });
});

describe('[C1] a secret in the environment', () => {
  it('stands in the variable, or in the file that <name>_FILE names, and follows both', async () => {
    around.variables.TOKEN = ' tok_variable ';
    const { token } = await opened({ token: exdataSecretFromEnv('TOKEN') });
    expect(await token()).toBe('tok_variable');
    await writeFile(file, 'tok_file');
    delete around.variables.TOKEN;
    around.variables.TOKEN_FILE = file;
    expect(await token()).toBe('tok_file');
    await writeFile(file, 'tok_file_2');
    around.pass(1_000);
    expect(await token()).toBe('tok_file_2');
  });

  it.each<[string, Record<string, string>, string]>([
    ['not set', {}, 'TOKEN: is needed (or TOKEN_FILE)'],
    ['empty', { TOKEN: ' ' }, 'TOKEN: is needed (or TOKEN_FILE)'],
    ['set twice', { TOKEN: 'tok_a', TOKEN_FILE: '/dev/null' }, 'TOKEN: is set, and so is TOKEN_FILE; keep one of them'],
    ['malformed', { TOKEN: 'tok hush' }, 'TOKEN: must be the bearer token, without spaces or line breaks'],
    ['in no file', { TOKEN_FILE: '/nowhere/token' }, 'TOKEN_FILE: names a file that cannot be read (ENOENT)'],
  ])('stops the start when it is %s, by the name of the variable', async (_what, variables, wanted) => {
    around = new Surroundings(variables);
    expect(await faultsOf({ token: exdataSecretFromEnv('TOKEN') })).toEqual([wanted]);
  });

  it.each([
    ['current:sixteen characters', [{ id: 'current', secret: 'sixteen characters' }]],
    [
      'old:sixteen characters, new:with:colons:in:it:too\n',
      [
        { id: 'old', secret: 'sixteen characters' },
        { id: 'new', secret: 'with:colons:in:it:too' },
      ],
    ],
    [
      'old:sixteen characters\r\n\r\nnew:seventeen of them!\r\n',
      [
        { id: 'old', secret: 'sixteen characters' },
        { id: 'new', secret: 'seventeen of them!' },
      ],
    ],
  ])('holds webhook secrets by commas or lines: %j', async (text, wanted) => {
    around.variables.SECRETS = text;
    expect(await (await opened({ webhookSecrets: exdataSecretFromEnv('SECRETS') })).webhookSecrets()).toEqual(wanted);
  });

  it.each<[string, string[]]>([
    [
      'hush hush hush hush',
      ['SECRETS: must be id:secret, as in current:the_secret, several separated by commas or line breaks'],
    ],
    [
      'a:hush hush hush hush,hush',
      ['SECRETS: must be id:secret, as in current:the_secret, several separated by commas or line breaks'],
    ],
    [
      'a:hush,b:hush',
      ['SECRETS[0].secret: must have at least 16 characters', 'SECRETS[1].secret: must have at least 16 characters'],
    ],
    ['a:hush hush hush hush,a:hush hush hush hush', ['SECRETS: must not name two secrets alike']],
  ])('is told what it should look like, not what it is: %j', async (text, wanted) => {
    around.variables.SECRETS = text;
    expect(await faultsOf({ webhookSecrets: exdataSecretFromEnv('SECRETS') })).toEqual(wanted);
  });
});

describe('[C1] a secret from a provider', () => {
  it('is kept for the time asked for, and got once for all who ask meanwhile', async () => {
    let calls = 0;
    const { token } = await opened({
      token: exdataSecretFromProvider(() => Promise.resolve(`tok_${String(++calls)}`), { cacheMs: 60_000 }),
    });
    around.pass(59_999);
    expect(await token()).toBe('tok_1');
    around.pass(1);
    expect(new Set(await Promise.all(Array.from({ length: 20 }, async () => token())))).toEqual(new Set(['tok_2']));
    expect(calls).toBe(2);
  });

  it('keeps its last good value while it fails, is asked every 10 s at most, and told of without its words', async () => {
    let calls = 0;
    const read = () => {
      if (++calls > 1) throw Object.assign(new Error('denied for key hush'), { code: 'AccessDenied' });
      return 'tok_good';
    };
    const { token } = await opened({ token: exdataSecretFromProvider(read, { cacheMs: 60_000 }) });
    around.pass(60_000);
    for (let look = 0; look < 20; look++) {
      expect(await token()).toBe('tok_good');
      around.pass(1_000);
    }
    expect(calls).toBe(3);
    expect(around.told).toHaveLength(20);
    expect(new Set(around.told)).toEqual(new Set(['token: could not be got from its provider (AccessDenied)']));
  });

  it('that does not answer is not waited for longer than 10 s', async () => {
    let answers = true;
    const { token } = await opened({
      token: () => (answers ? 'tok_good' : new Promise<string>(() => undefined)),
    });
    answers = false;
    around.pass(1);
    const asked = token();
    around.pass(10_000);
    expect(await asked).toBe('tok_good');
    expect(around.told).toEqual(['token: did not come within 10,000 ms']);
  });

  it('that fails at the start stops it, without its words', async () => {
    const token = exdataSecretFromProvider(() => Promise.reject(new TypeError('hush')));
    expect(await faultsOf({ token })).toEqual(['token: could not be got from its provider (TypeError)']);
  });

  it('gives webhook secrets as a list too; each of several may have a source of its own', async () => {
    const list = [{ id: 'a', secret: 'sixteen characters' }];
    expect(await (await opened({ webhookSecrets: () => list })).webhookSecrets()).toEqual(list);
    around.variables.OLD = 'an old one of 20 chr';
    const mixed = [
      { id: 'old', secret: exdataSecretFromEnv('OLD') },
      { id: 'new', secret: () => 'sixteen characters' },
    ];
    const { webhookSecrets: now } = await opened({ webhookSecrets: mixed });
    around.variables.OLD = 'short';
    expect(await now()).toEqual([
      { id: 'old', secret: 'an old one of 20 chr' },
      { id: 'new', secret: 'sixteen characters' },
    ]);
    expect(around.told).toEqual(['OLD: must have at least 16 characters']);
    expect(await faultsOf({ webhookSecrets: mixed })).toEqual(['OLD: must have at least 16 characters']);
  });
});
