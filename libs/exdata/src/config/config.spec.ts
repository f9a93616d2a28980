import { describe, expect, it } from '@jest/globals';
import { checkOptions, exdataEnvironment, exdataSecretFromEnv, exdataSecretFromProvider } from './index.js';
import type { ExdataConfig, ExdataModuleOptions } from './index.js';
import { surroundings } from '../../../../test/surroundings.js';

const secret = 'sixteen characters';
const webhookSecrets = [{ id: 'current', secret }];
const options: ExdataModuleOptions = { mode: 'test', token: 'tok_0123456789', webhookSecrets };

async function configOf(given: ExdataModuleOptions, variables = {}): Promise<ExdataConfig> {
  const checked = await checkOptions(given, surroundings({ variables }));
  if ('faults' in checked) throw new Error(checked.faults.join('\n'));
  return checked.config;
}

/** Options as JavaScript may give them, whatever TypeScript says. */
async function faultsOf(given: object, variables = {}): Promise<readonly string[]> {
  const checked = await checkOptions(given as ExdataModuleOptions, surroundings({ variables }));
  return 'faults' in checked ? checked.faults : [];
}

describe('options', () => {
  it('are filled in, and describe the account default', async () => {
    const { accounts, ...settings } = await configOf(options);
    expect(settings).toMatchObject({
      mode: 'test',
      holds: { probeEveryMs: null },
      upload: { maxBytes: 500_000_000 },
      webhook: { pastToleranceMs: 300_000, futureToleranceMs: 60_000 },
      work: { leaseMs: 30_000 },
    });
    expect(accounts).toMatchObject([{ name: 'default', baseUrl: 'https://www.exdata.app/api/v1', owner: null }]);
    expect(await accounts[0]?.token()).toBe('tok_0123456789');
    expect(await accounts[0]?.webhookSecrets()).toEqual(webhookSecrets);
  });

  it('take media types and families in either case', async () => {
    const { upload } = await configOf({ ...options, upload: { allowedTypes: ['application/PDF', 'Image'] } });
    expect(upload.allowedTypes).toEqual(['application/pdf', 'image']);
  });

  it('are named all at once when they are at fault, each by its path and none by its value', async () => {
    const faults = await faultsOf({
      mode: 'prod',
      token: 'my secret token',
      baseUrl: 'ftp://hush',
      owner: 'a\nb',
      webhookSecrets: [
        { id: 'a b', secret: ' short' },
        { id: 'c', secret: ' short' },
      ],
      upload: { maxBytes: 500_000_001 },
      typo: 1,
    });
    const told = faults.join('\n');
    for (const path of ['mode:', 'token:', 'baseUrl:', 'owner:', 'webhookSecrets[0].id:', 'upload.maxBytes:', 'typo'])
      expect(told).toContain(path);
    expect(told).not.toMatch(/my secret token|short|hush/);
  });

  it.each([
    [[]],
    [[...webhookSecrets, ...webhookSecrets]],
    [[{ id: 'a', secret: 'short' }]],
    ['current'],
    [undefined],
    [42],
  ])('need webhook secrets, each with a name of its own: %j', async (wrong) => {
    expect(await faultsOf({ ...options, webhookSecrets: wrong })).toEqual([expect.stringMatching(/^webhookSecrets/)]);
  });
});

describe('the proxy', () => {
  it('is that of the environment, unless an address is given or none is wanted', async () => {
    expect((await configOf(options)).proxy).toBe('environment');
    expect((await configOf({ ...options, proxy: false })).proxy).toBe(false);
    expect((await configOf({ ...options, proxy: new URL('http://corp:hush@proxy:3128') })).proxy).toBe(
      'http://corp:hush@proxy:3128/',
    );
  });

  it.each(['socks://corp:hush@proxy', 'hush', 42])(
    'is told of where it is none, without its address: %s',
    async (proxy) => {
      expect(await faultsOf({ ...options, proxy })).toEqual([
        "proxy: must be 'environment', false or the http(s) URL of a proxy",
      ]);
    },
  );
});

describe('the proxy of the environment', () => {
  const hint = 'must be the http(s) URL of a proxy, such as http://proxy.corp:3128';
  const escapes = 'must have %25 where a % stands in its user or password';

  it.each<[string, string]>([
    ['http://user:geheim123@@@:x', hint],
    ['proxy.corp:3128', hint],
    ['user:geheim123@proxy.corp:3128', hint],
    ['socks5://user:geheim123@proxy.corp:1080', hint],
    ['http://user:gehe%im123@proxy.corp:3128', escapes],
    ['http://us%er:geheim123@proxy.corp:3128', escapes],
  ])('is told of by the names of its variables alone: %s', async (value, fault) => {
    const variables = {
      HTTPS_PROXY: value,
      https_proxy: value,
      HTTP_PROXY: value,
      http_proxy: value,
      NO_PROXY: 'other.test',
    };
    const faults = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].map((name) => `${name}: ${fault}`);
    expect(await faultsOf(options, variables)).toEqual(faults);
    expect(await faultsOf({ ...options, proxy: value })).toHaveLength(1);
  });

  it('is no fault where it is right or empty, or nobody asks for it', async () => {
    for (const HTTPS_PROXY of ['http://user:geheim%25123@proxy.corp:3128', ' https://proxy.corp ', ''])
      expect(await faultsOf(options, { HTTPS_PROXY })).toEqual([]);
    const bad = { HTTPS_PROXY: 'proxy.corp:3128' };
    expect(await faultsOf({ ...options, proxy: false }, bad)).toEqual([]);
    expect(await faultsOf({ ...options, proxy: 'http://proxy.corp:3128' }, bad)).toEqual([]);
    expect(await faultsOf({ ...options, baseUrl: 'http://127.0.0.1:8080/api/v1' }, bad)).toEqual([]);
  });
});

describe('accounts', () => {
  const account = (token: string) => ({ token, webhookSecrets });

  it('are named by their keys, in the order given', async () => {
    const { accounts } = await configOf({
      mode: 'test',
      accounts: {
        globex: { ...account('tok_b'), owner: 'finance@globex.example', baseUrl: 'http://127.0.0.1:1' },
        acme: account('tok_a'),
      },
    });
    expect(accounts).toMatchObject([
      { name: 'globex', owner: 'finance@globex.example', baseUrl: 'http://127.0.0.1:1' },
      { name: 'acme', owner: null },
    ]);
    expect(await Promise.all(accounts.map(async ({ token }) => token()))).toEqual(['tok_b', 'tok_a']);
  });

  it.each<[string, object, string[]]>([
    [
      'both',
      { ...options, accounts: { acme: account('tok_a') } },
      ['accounts: stands beside token, webhookSecrets; move what is beside'],
    ],
    ['neither', { mode: 'test' }, ['token: is needed, and so are webhookSecrets; or `accounts']],
    ['none', { mode: 'test', accounts: {} }, ['accounts: must hold at least one account', 'token: is needed']],
    [
      'one without a name',
      { mode: 'test', accounts: { '': account('tok_a') } },
      ['accounts[""]: must have a name of 1 to 64 lower-case'],
    ],
    [
      'a bad name',
      { mode: 'test', accounts: { 'Acme Ltd': account('tok_a') } },
      ['accounts["Acme Ltd"]: must have a name of 1 to 64'],
    ],
    [
      'a long name',
      { mode: 'test', accounts: { ['a'.repeat(65)]: account('tok_a') } },
      [`accounts["${'a'.repeat(65)}"]: must have a name`],
    ],
    [
      'one that is none',
      { mode: 'test', accounts: { acme: 'tok_a' } },
      ['accounts["acme"]: must be an object', 'token: is needed'],
    ],
    [
      'an unknown field',
      { mode: 'test', accounts: { acme: { ...account('t'), tokn: 1 } } },
      ['accounts["acme"].tokn: is no option'],
    ],
    ['no token', { mode: 'test', accounts: { acme: { webhookSecrets } } }, ['accounts.acme.token: is needed']],
    [
      'one token twice',
      { mode: 'test', accounts: { acme: account('tok_a'), globex: account('tok_a') } },
      ['accounts.globex.token: holds the same token as accounts.acme.token; each account has a token of its own'],
    ],
  ])('at fault are named with the fix: %s', async (_what, given, wanted) => {
    const faults = await faultsOf(given);
    expect(faults).toHaveLength(wanted.length);
    wanted.forEach((beginning, index) => expect(faults[index]).toContain(beginning));
  });
});

describe('[C1] live mode', () => {
  const live = { mode: 'live' } as const;
  const sourced = { token: exdataSecretFromEnv('TOKEN'), webhookSecrets: [{ id: 'current', secret: () => secret }] };

  it('refuses secrets that stand in the code, and says what to give instead', async () => {
    const faults = await faultsOf({ ...live, token: 'tok_0123456789', webhookSecrets });
    expect(faults).toEqual([
      expect.stringMatching(
        /^token: must not stand in the code in live mode; give its source: exdataSecretFromEnv\('NAME'\)/,
      ),
      expect.stringMatching(/^webhookSecrets\[0\]\.secret: must not stand in the code/),
    ]);
    expect(faults.join()).not.toMatch(/tok_0123456789|sixteen/);
  });

  it('takes them from sources', async () => {
    const [account] = (await configOf({ ...live, ...sourced }, { TOKEN: 'tok_from_the_environment' })).accounts;
    expect([await account?.token(), await account?.webhookSecrets()]).toEqual([
      'tok_from_the_environment',
      webhookSecrets,
    ]);
  });

  it.each(['http://www.exdata.app/api/v1', 'http://127.0.0.1:4010'])(
    'refuses %s, unless that is asked for',
    async (baseUrl) => {
      const given = { ...live, ...sourced, baseUrl, token: exdataSecretFromProvider(() => 'tok_a') };
      expect(await faultsOf(given)).toEqual([
        expect.stringMatching(/^baseUrl: must begin with https:\/\/ in live mode/),
      ]);
      expect((await configOf({ ...given, allowInsecureBaseUrl: true })).accounts).toMatchObject([{ baseUrl }]);
    },
  );

  it.each([
    'https://user:pass@exdata.example/api',
    'https://exdata.example/api?key=abc',
    'https://exdata.example/api#v1',
  ])('refuses what an address holds besides, together with all else: %s', async (baseUrl) => {
    const faults = await faultsOf({
      ...live,
      ...sourced,
      baseUrl,
      token: exdataSecretFromProvider(() => 'tok_a'),
      upload: { maxBytes: 0 },
    });
    expect(faults).toEqual([
      expect.stringMatching(/^upload\.maxBytes: /),
      'baseUrl: must be without credentials, query or fragment',
    ]);
  });

  it('[C4] refuses the environment of the other mode', async () => {
    const environment = exdataEnvironment('test', {});
    expect(await faultsOf({ ...live, ...sourced, environment }, { TOKEN: 't' })).toContainEqual(
      "environment: is that of mode 'test', which is not the module's",
    );
  });
});
