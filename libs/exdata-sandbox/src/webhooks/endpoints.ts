import type { SeededRandom } from '../random.js';

/** A receiver of webhooks, as an account sets it up in exdata's app. */
export interface EndpointOptions {
  readonly url: string;
  /** Made from the seed when absent. */
  readonly secret?: string | undefined;
  /** Event types; all when absent. */
  readonly events?: readonly string[] | undefined;
  /** The first account when absent. */
  readonly account?: string | undefined;
}

export interface Endpoint {
  readonly id: string;
  readonly account: string;
  readonly url: string;
  readonly secret: string;
  /** null: all. */
  readonly events: readonly string[] | null;
}

/** The endpoints of all accounts. */
export class Endpoints {
  private readonly endpoints = new Map<string, Endpoint>();
  private count = 0;

  constructor(
    private readonly random: SeededRandom,
    private readonly defaultAccount: string,
  ) {}

  /** @throws {TypeError} for an address that is no URL */
  add({ url, secret = this.secret(), events, account = this.defaultAccount }: EndpointOptions): Endpoint {
    const endpoint = { id: `we_${++this.count}`, account, url: new URL(url).href, secret, events: events ?? null };
    this.endpoints.set(endpoint.id, endpoint);
    return endpoint;
  }

  /**
   * Gives an endpoint another secret from now on. @returns the new secret @throws {Error} if there is no such endpoint
   */
  rotateSecret(id: string, secret = this.secret()): string {
    const endpoint = this.endpoints.get(id);
    if (endpoint === undefined) throw new Error(`There is no webhook endpoint ${id}.`);
    this.endpoints.set(id, { ...endpoint, secret });
    return secret;
  }

  /** Ends deliveries to an endpoint, also those that would be retried. */
  remove(id: string): void {
    this.endpoints.delete(id);
  }

  get(id: string): Endpoint | undefined {
    return this.endpoints.get(id);
  }

  all(): readonly Endpoint[] {
    return [...this.endpoints.values()];
  }

  private secret(): string {
    return `whsec_${this.random.hex(24)}`;
  }
}
