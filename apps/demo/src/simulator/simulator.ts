import { randomBytes } from 'node:crypto';
import { createSandbox } from 'nestjs-exdata-sandbox';
import type { SimulatedExdata } from '../settings/exdata-settings.js';
import type { WebhookSecret } from '../settings/secrets.js';

/** A stand-in for exdata that lives and dies with this process. */
export interface Simulator {
  /** How it is reached: options of the module, which its environment does not know. */
  readonly connection: {
    readonly baseUrl: string;
    readonly token: string;
    readonly webhookSecrets: readonly WebhookSecret[];
  };
  /** Tells it where webhooks go: known only once the demo listens. */
  deliverTo(url: string): void;
  close(): Promise<void>;
}

/** Starts a simulator on a port of its own, with a token and a webhook secret made up where none is given. */
export async function startSimulator({ token = randomText(), webhookSecrets }: SimulatedExdata): Promise<Simulator> {
  const [signing = { id: 'simulator', secret: randomText() }, ...others] = webhookSecrets;
  const sandbox = createSandbox({
    accounts: [{ id: 'demo', tokens: [{ token, mode: 'test' }] }],
  });
  const baseUrl = await sandbox.listen();
  return {
    connection: { baseUrl, token, webhookSecrets: [signing, ...others] },
    deliverTo: (url) => void sandbox.webhooks.addEndpoint({ url, secret: signing.secret }),
    close: () => sandbox.close(),
  };
}

function randomText(): string {
  return randomBytes(24).toString('base64url');
}
