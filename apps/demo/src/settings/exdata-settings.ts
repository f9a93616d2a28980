import { readFileSync } from 'node:fs';
import { exdataEnvironment } from 'nestjs-exdata';
import { parseWebhookSecrets, type WebhookSecret } from './secrets.js';

/** Whom the demo sends documents to. */
export type ExdataSettings =
  /** An exdata that runs elsewhere; the module reads from the environment how it is reached. */
  { readonly kind: 'service'; readonly mode: 'test' | 'live' } | SimulatedExdata;

/** The demo starts a simulator, which makes up what it is not told. */
export interface SimulatedExdata {
  readonly kind: 'simulator';
  readonly token: string | undefined;
  readonly webhookSecrets: readonly WebhookSecret[];
}

/** The part of the environment that concerns exdata, without what is empty. */
type Environment = Readonly<Record<string, string>>;

/** In test mode without an address there is a simulator, with the token and the secrets that the module would read. */
export function exdataSettings(
  mode: 'test' | 'live',
  environment: Environment,
  fault: (line: string) => void,
): ExdataSettings {
  if (mode === 'live' || environment.EXDATA_TEST_BASE_URL !== undefined) return { kind: 'service', mode };
  const { accounts } = exdataEnvironment('test', environment);
  if (accounts.some(({ name }) => name !== 'default')) {
    // Those without an address would go to exdata itself.
    for (const { prefix, baseUrl } of accounts)
      if (baseUrl === undefined)
        fault(`${prefix}_BASE_URL: is needed; a simulator stands in for the account default alone`);
    return { kind: 'service', mode };
  }
  // The module is given all that the simulator has, and takes variables without a mode for what that was made of.
  for (const ending of ['BASE_URL', 'TOKEN', 'TOKEN_FILE', 'WEBHOOK_SECRETS', 'WEBHOOK_SECRETS_FILE'])
    if (environment[`EXDATA_${ending}`] !== undefined)
      fault(`EXDATA_${ending}: is set, and nobody reads it; did you mean EXDATA_TEST_${ending}?`);
  const token = valueOf('EXDATA_TEST_TOKEN', environment, fault);
  const text = valueOf('EXDATA_TEST_WEBHOOK_SECRETS', environment, fault);
  const webhookSecrets = text === undefined ? [] : parseWebhookSecrets(text);
  if (webhookSecrets === null) fault('EXDATA_TEST_WEBHOOK_SECRETS: must be id:secret, several separated by commas');
  return { kind: 'simulator', token, webhookSecrets: webhookSecrets ?? [] };
}

/** The variable, or what stands in the file that `<NAME>_FILE` names. */
function valueOf(name: string, environment: Environment, fault: (line: string) => void): string | undefined {
  const file = environment[`${name}_FILE`];
  if (file === undefined) return environment[name];
  if (environment[name] !== undefined) fault(`${name}: is set, and so is ${name}_FILE; keep one of them`);
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret !== '') return secret;
    fault(`${name}_FILE: names an empty file`);
  } catch (error) {
    fault(
      `${name}_FILE: cannot be read (${typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error'})`,
    );
  }
  return undefined;
}
