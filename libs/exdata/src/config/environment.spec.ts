import { describe, expect, it } from '@jest/globals';
import { Surroundings } from '../../../../test/surroundings.js';
import { checkOptions, exdataEnvironment, exdataSecretFromEnv, exdataSecretFromProvider } from './index.js';
import type { ExdataModuleOptions } from './index.js';

const secrets = 'current:sixteen characters';

async function check(
  mode: 'test' | 'live',
  variables: Record<string, string>,
  code: Partial<ExdataModuleOptions> = {},
) {
  return checkOptions({ ...code, mode, environment: exdataEnvironment(mode, variables) }, new Surroundings(variables));
}
async function accountsOf(...given: Parameters<typeof check>) {
  const checked = await check(...given);
  if ('faults' in checked) throw new Error(checked.faults.join('\n'));
  const { accounts } = checked.config;
  return Promise.all(
    accounts.map(async ({ name, baseUrl, owner, token }) => ({ name, baseUrl, owner, token: await token() })),
  );
}
async function faultsOf(...given: Parameters<typeof check>) {
  const checked = await check(...given);
  return 'faults' in checked ? checked.faults : [];
}

describe('[C4] the environment', () => {
  const variables = {
    EXDATA_TEST_TOKEN: 'tok_test',
    EXDATA_TEST_WEBHOOK_SECRETS: secrets,
    EXDATA_TEST_BASE_URL: 'http://127.0.0.1:4010',
    EXDATA_LIVE_TOKEN: 'tok_live',
    EXDATA_LIVE_WEBHOOK_SECRETS: secrets,
    EXDATA_LIVE_OWNER: 'finance@acme.example',
  };

  it('gives each mode its own account default', async () => {
    expect(await accountsOf('test', variables)).toEqual([
      { name: 'default', baseUrl: 'http://127.0.0.1:4010', owner: null, token: 'tok_test' },
    ]);
    expect(await accountsOf('live', variables)).toEqual([
      { name: 'default', baseUrl: 'https://www.exdata.app/api/v1', owner: 'finance@acme.example', token: 'tok_live' },
    ]);
  });

  it.each(['test', 'live'] as const)('refuses in %s mode a token that the other mode uses', async (mode) => {
    const [mine, other] =
      mode === 'test' ? ['EXDATA_TEST_TOKEN', 'EXDATA_LIVE_TOKEN'] : ['EXDATA_LIVE_TOKEN', 'EXDATA_TEST_TOKEN'];
    expect(await faultsOf(mode, { ...variables, [mine]: 'tok_same', [other]: 'tok_same' })).toEqual([
      `${mine}: holds the same token as ${other}; test and live mode have tokens of their own`,
    ]);
  });

  it('finds such a token among the other mode’s further accounts too, and in code', async () => {
    const others = { ...variables, EXDATA_TEST_ACCOUNTS: 'acme', EXDATA_TEST_ACME_TOKEN: 'tok_live' };
    expect(await faultsOf('live', others)).toEqual([
      expect.stringMatching(/^EXDATA_LIVE_TOKEN: holds the same token as EXDATA_TEST_ACME_TOKEN;/),
    ]);
    expect(await faultsOf('live', variables, { token: () => 'tok_test' })).toEqual([
      expect.stringMatching(/^token: holds the same token as EXDATA_TEST_TOKEN;/),
    ]);
  });

  it('is named all at once where it is at fault, by variable, with what it should look like and never with what it is', async () => {
    const faults = await faultsOf('live', {
      EXDATA_LIVE_BASE_URL: 'http://hush.example',
      EXDATA_LIVE_TOKEN: 'hush hush',
      EXDATA_LIVE_OWNER: 'h'.repeat(201),
    });
    expect(faults).toEqual([
      'EXDATA_LIVE_BASE_URL: must begin with https:// in live mode (for tests against a simulator: allowInsecureBaseUrl: true)',
      'EXDATA_LIVE_OWNER: must have 1 to 200 characters, none of them a control character',
      'EXDATA_LIVE_TOKEN: must be the bearer token, without spaces or line breaks',
      'EXDATA_LIVE_WEBHOOK_SECRETS: is needed (or EXDATA_LIVE_WEBHOOK_SECRETS_FILE)',
    ]);
  });

  it('names the secrets and holds none, so that a configuration namespace may be printed', () => {
    const held = JSON.stringify([exdataEnvironment('test', variables), exdataEnvironment('live', variables)]);
    expect(held).not.toMatch(/tok_|sixteen/);
  });
});

describe('[C4] a variable that nobody reads', () => {
  const needed = (account: string) => ({
    [`EXDATA_TEST_${account}TOKEN`]: `tok_${account}`,
    [`EXDATA_TEST_${account}WEBHOOK_SECRETS`]: secrets,
  });
  const two = { EXDATA_TEST_ACCOUNTS: 'acme,globex', ...needed('ACME_'), ...needed('GLOBEX_') };

  it.each<[string, Record<string, string>, string]>([
    [
      'an address without the account',
      { ...two, EXDATA_TEST_BASE_URL: 'http://hush' },
      'EXDATA_TEST_BASE_URL: is set, and nobody reads it; EXDATA_TEST_ACME_BASE_URL and EXDATA_TEST_GLOBEX_BASE_URL are read; EXDATA_TEST_ACCOUNTS may name an account called default',
    ],
    [
      'an account that is not named',
      { ...needed(''), EXDATA_TEST_ACME_OWNER: 'hush' },
      'EXDATA_TEST_ACME_OWNER: is set, and nobody reads it; EXDATA_TEST_OWNER is read; EXDATA_TEST_ACCOUNTS does not name its account',
    ],
    [
      'a slip',
      { ...needed(''), EXDATA_TEST_BASEURL: 'http://hush' },
      'EXDATA_TEST_BASEURL: is set, and nobody reads it; did you mean EXDATA_TEST_BASE_URL?',
    ],
    [
      'a slip in an account',
      { ...two, EXDATA_TEST_GLOBX_OWNER: 'hush' },
      'EXDATA_TEST_GLOBX_OWNER: is set, and nobody reads it; did you mean EXDATA_TEST_GLOBEX_OWNER?',
    ],
    [
      'an address without the mode',
      { ...needed(''), EXDATA_BASE_URL: 'http://hush' },
      'EXDATA_BASE_URL: is set, and nobody reads it; did you mean EXDATA_TEST_BASE_URL?',
    ],
    [
      'a token’s file without the mode',
      { ...needed(''), EXDATA_TOKEN_FILE: '/hush' },
      'EXDATA_TOKEN_FILE: is set, and nobody reads it; did you mean EXDATA_TEST_TOKEN_FILE?',
    ],
    [
      'the accounts without the mode',
      { ...needed(''), EXDATA_ACCOUNTS: 'hush' },
      'EXDATA_ACCOUNTS: is set, and nobody reads it; did you mean EXDATA_TEST_ACCOUNTS?',
    ],
    [
      'an account without the mode',
      { ...two, EXDATA_ACME_OWNER: 'hush' },
      'EXDATA_ACME_OWNER: is set, and nobody reads it; did you mean EXDATA_TEST_ACME_OWNER?',
    ],
    [
      'neither mode nor account',
      { ...two, EXDATA_OWNER: 'hush' },
      'EXDATA_OWNER: is set, and nobody reads it; EXDATA_TEST_ACME_OWNER and EXDATA_TEST_GLOBEX_OWNER are read; EXDATA_TEST_ACCOUNTS may name an account called default',
    ],
    ...['TST', 'TETS', 'TESTS', 'TTEST'].map((word): [string, Record<string, string>, string] => [
      `a slip in the mode, ${word}`,
      { ...needed(''), [`EXDATA_${word}_BASE_URL`]: 'http://hush' },
      `EXDATA_${word}_BASE_URL: is set, and nobody reads it; did you mean EXDATA_TEST_BASE_URL?`,
    ]),
    [
      'a stroke that is missing',
      { ...needed(''), EXDATA_TESTBASE_URL: 'http://hush' },
      'EXDATA_TESTBASE_URL: is set, and nobody reads it; did you mean EXDATA_TEST_BASE_URL?',
    ],
    [
      'a slip in the mode, with an account',
      { ...two, EXDATA_TST_ACME_WEBHOOK_SECRETS_FILE: '/hush' },
      'EXDATA_TST_ACME_WEBHOOK_SECRETS_FILE: is set, and nobody reads it; did you mean EXDATA_TEST_ACME_WEBHOOK_SECRETS_FILE?',
    ],
  ])('stops the start, with the name that would be read: %s', async (_what, variables, wanted) => {
    expect(await faultsOf('test', variables)).toEqual([wanted]);
  });

  it('may be of the other mode, of no mode, empty, named by a source in the code, or of a service of Kubernetes', async () => {
    const variables = {
      ...needed(''),
      EXDATA_LIVE_BASE_ULR: 'x',
      EXDATA_MODE: 'test',
      EXDATA_DISPATCH: 'bull',
      EXDATA_PENDING_WINDOW_MS: '1000',
      EXDATA_UPLOAD_MAX_BYTES: '1000',
      EXDATA_SPOOL_DIRECTORY: '/spool',
      EXDATA_WEBHOOK_SECRET: 'of the host',
      EXDATA_TESTS_FOLDER: '/tests',
      EXDATA_REST_TOKEN: 'of a service of the host’s',
      EXDATA_LIV_TOKEN: 'of the other mode',
      EXDATA_SERVICE_HOST: '10.0.0.1',
      EXDATA_PORT: 'tcp://10.0.0.1:80',
      EXDATA_TEST_BASE_ULR: ' ',
      EXDATA_TEST_SPARE_FILE: '/nowhere',
      EXDATA_TEST_SERVICE_HOST: '10.0.0.1',
      EXDATA_TEST_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    const code = {
      webhookSecrets: [
        { id: 'a', secret: exdataSecretFromProvider(() => 'sixteen characters') },
        { id: 'b', secret: exdataSecretFromEnv('EXDATA_TEST_SPARE') },
      ],
    };
    expect(await faultsOf('test', variables, code)).toEqual([
      'EXDATA_TEST_SPARE_FILE: names a file that cannot be read (ENOENT)',
    ]);
  });
});

it('[C4] a variable without a mode may be the host’s own, which gives the option what it holds', async () => {
  const variables = {
    EXDATA_TEST_WEBHOOK_SECRETS: secrets,
    EXDATA_TOKEN: 'tok_own',
    EXDATA_BASE_URL: 'http://127.0.0.1:4010',
  };
  expect(await accountsOf('test', variables, { token: 'tok_own', baseUrl: 'http://127.0.0.1:4010' })).toMatchObject([
    { token: 'tok_own' },
  ]);
  expect(await faultsOf('test', variables, { token: 'tok_own' })).toEqual([
    expect.stringMatching(/^EXDATA_BASE_URL: /),
  ]);
});

describe('[C4] EXDATA_MODE', () => {
  const variables = { EXDATA_TEST_TOKEN: 'tok_test', EXDATA_TEST_WEBHOOK_SECRETS: secrets };
  const doubtsOf = async (more: Record<string, string>) => {
    const checked = await check('test', { ...variables, ...more });
    return 'doubts' in checked ? checked.doubts : checked.faults;
  };

  it('that says another mode than the one that runs is told, and so are live settings where it says nothing', async () => {
    expect(await doubtsOf({})).toEqual([]);
    expect(await doubtsOf({ EXDATA_MODE: 'live' })).toEqual([expect.stringMatching(/^EXDATA_MODE is not 'test', /)]);
    expect(await doubtsOf({ EXDATA_LIVE_TOKEN: 'tok_live' })).toEqual([
      expect.stringMatching(/test mode, and EXDATA_LIVE_TOKEN is set/),
    ]);
    expect(await doubtsOf({ EXDATA_LIVE_TOKEN: 'tok_live', EXDATA_MODE: 'test' })).toEqual([]);
  });
});

describe('several accounts in the environment', () => {
  const variables = {
    EXDATA_LIVE_ACCOUNTS: 'acme, globex-eu',
    EXDATA_LIVE_ACME_TOKEN: 'tok_a',
    EXDATA_LIVE_ACME_WEBHOOK_SECRETS: secrets,
    EXDATA_LIVE_GLOBEX_EU_TOKEN: 'tok_b',
    EXDATA_LIVE_GLOBEX_EU_WEBHOOK_SECRETS: secrets,
    EXDATA_LIVE_GLOBEX_EU_OWNER: 'accounts payable',
  };

  it('are read with their names in capitals', async () => {
    expect(await accountsOf('live', variables)).toMatchObject([
      { name: 'acme', token: 'tok_a', owner: null },
      { name: 'globex-eu', token: 'tok_b', owner: 'accounts payable' },
    ]);
  });

  it('have default among them under the variables without a name', async () => {
    const more = {
      EXDATA_LIVE_ACME_TOKEN: 'tok_a',
      EXDATA_LIVE_ACME_WEBHOOK_SECRETS: secrets,
      EXDATA_LIVE_ACCOUNTS: 'default,acme',
      EXDATA_LIVE_TOKEN: 'tok_d',
      EXDATA_LIVE_WEBHOOK_SECRETS: secrets,
    };
    expect(await accountsOf('live', more)).toMatchObject([
      { name: 'default', token: 'tok_d' },
      { name: 'acme', token: 'tok_a' },
    ]);
  });

  it.each<[string, string, string]>([
    ['bad', 'Acme', 'EXDATA_LIVE_ACCOUNTS: "Acme" must have a name of 1 to 64 lower-case letters'],
    ['missing', ' , ', 'EXDATA_LIVE_ACCOUNTS: must name at least one account, as in acme,globex'],
    [
      'too alike',
      'globex-eu,globex_eu',
      'EXDATA_LIVE_ACCOUNTS: names two accounts whose variables would be called alike',
    ],
    [
      'without variables',
      'acme,umbrella',
      'EXDATA_LIVE_UMBRELLA_TOKEN: is needed (or EXDATA_LIVE_UMBRELLA_TOKEN_FILE)',
    ],
  ])('whose name is %s are told of', async (_what, names, wanted) => {
    expect(await faultsOf('live', { ...variables, EXDATA_LIVE_ACCOUNTS: names })).toContainEqual(
      expect.stringContaining(wanted),
    );
  });

  it('take what stands in the code before what stands in the environment, field by field', async () => {
    const code = { accounts: { acme: { token: exdataSecretFromProvider(() => 'tok_managed') } } };
    expect(await accountsOf('live', variables, code)).toMatchObject([
      { name: 'acme', token: 'tok_managed' },
      { name: 'globex-eu', token: 'tok_b' },
    ]);
  });

  it('named in the code alone ask nothing of the account default', async () => {
    const code = { accounts: { acme: { token: () => 'tok_a', webhookSecrets: () => secrets } } };
    expect(await accountsOf('live', {}, code)).toMatchObject([{ name: 'acme', token: 'tok_a' }]);
  });
});
