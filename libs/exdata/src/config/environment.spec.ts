import { describe, expect, it } from '@jest/globals';
import { Surroundings } from '../../../../test/surroundings.js';
import { checkOptions, exdataEnvironment, fromProvider } from './index.js';
import type { ExdataModuleOptions } from './index.js';

const secrets = 'current:sixteen characters';

async function check(mode: 'test' | 'live', variables: Record<string, string>, code: Partial<ExdataModuleOptions> = {}) {
  return checkOptions({ ...code, mode, environment: exdataEnvironment(mode, variables) }, new Surroundings(variables));
}
async function accountsOf(...given: Parameters<typeof check>) {
  const checked = await check(...given);
  if ('faults' in checked) throw new Error(checked.faults.join('\n'));
  const { accounts } = checked.config;
  return Promise.all(accounts.map(async ({ name, baseUrl, owner, token }) => ({ name, baseUrl, owner, token: await token() })));
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
    const [mine, other] = mode === 'test' ? ['EXDATA_TEST_TOKEN', 'EXDATA_LIVE_TOKEN'] : ['EXDATA_LIVE_TOKEN', 'EXDATA_TEST_TOKEN'];
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
    const more = { ...variables, EXDATA_LIVE_ACCOUNTS: 'default,acme', EXDATA_LIVE_TOKEN: 'tok_d', EXDATA_LIVE_WEBHOOK_SECRETS: secrets };
    expect(await accountsOf('live', more)).toMatchObject([
      { name: 'default', token: 'tok_d' },
      { name: 'acme', token: 'tok_a' },
    ]);
  });

  it.each<[string, string, string]>([
    ['bad', 'Acme', 'EXDATA_LIVE_ACCOUNTS: "Acme" must have a name of 1 to 64 lower-case letters'],
    ['missing', ' , ', 'EXDATA_LIVE_ACCOUNTS: must name at least one account, as in acme,globex'],
    ['too alike', 'globex-eu,globex_eu', 'EXDATA_LIVE_ACCOUNTS: names two accounts whose variables would be called alike'],
    ['without variables', 'acme,umbrella', 'EXDATA_LIVE_UMBRELLA_TOKEN: is needed (or EXDATA_LIVE_UMBRELLA_TOKEN_FILE)'],
  ])('whose name is %s are told of', async (_what, names, wanted) => {
    expect(await faultsOf('live', { ...variables, EXDATA_LIVE_ACCOUNTS: names })).toContainEqual(expect.stringContaining(wanted));
  });

  it('take what stands in the code before what stands in the environment, field by field', async () => {
    const code = { accounts: { acme: { token: fromProvider(() => 'tok_managed') } } };
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
