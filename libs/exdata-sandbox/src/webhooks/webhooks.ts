import type { DocumentStore } from '../documents/document-store.js';
import type { DeliveryEntry } from '../journal/entries.js';
import type { Deliveries } from './deliveries.js';
import type { Delivery } from './delivery.js';
import type { Copies, DeliveryOverride } from './delivery-override.js';
import type { Endpoint, EndpointOptions, Endpoints } from './endpoints.js';

/** A webhook that stands for no document of the simulator. */
export interface WebhookMessage {
  /** `X-Event`. */
  readonly event: string;
  readonly body: string | Readonly<Record<string, unknown>>;
  /** Whose endpoints get it; the first account's when absent. */
  readonly account?: string | undefined;
}

/** What a test does with webhooks. */
export class Webhooks {
  constructor(
    private readonly registered: Endpoints,
    private readonly queue: Deliveries,
    private readonly store: DocumentStore,
    private readonly defaultAccount: string,
  ) {}

  /** Adds a receiver. Its secret is in the result. @throws {TypeError} for an address that is no URL */
  addEndpoint(options: EndpointOptions): Endpoint {
    return this.registered.add(options);
  }

  /** Ends deliveries to a receiver, also those that would be retried. */
  removeEndpoint(id: string): void {
    this.registered.remove(id);
  }

  /** Signs with another secret from now on. @returns the secret @throws {Error} if there is no such endpoint */
  rotateSecret(id: string, secret?: string): string {
    return this.registered.rotateSecret(id, secret);
  }

  endpoints(): readonly Endpoint[] {
    return this.registered.all();
  }

  /** All deliveries with their state, oldest first; the journal has their attempts. */
  deliveries(): readonly Delivery[] {
    return this.queue.all();
  }

  /**
   * Sends the webhook of a document as it is now to every subscribed endpoint, as exdata would or altered, without
   * retries.
   * @returns the attempts, with the status each was answered with
   * @throws {Error} if there is no such document
   */
  async deliver(documentId: number, override: DeliveryOverride & Copies = {}): Promise<readonly DeliveryEntry[]> {
    return this.queue.deliver(this.store.need(documentId), override);
  }

  /**
   * Sends a webhook with any body, signed, without retries, to every endpoint that subscribed to the event: one for a
   * document that was deleted, or that is another account's, or in a shape that no reading has.
   * @param body an object is sent as JSON
   */
  async send(
    { event, body, account = this.defaultAccount }: WebhookMessage,
    override: DeliveryOverride & Copies = {},
  ): Promise<readonly DeliveryEntry[]> {
    return this.queue.send(account, event, typeof body === 'string' ? body : JSON.stringify(body), override);
  }

  /**
   * Sends an earlier delivery again under a fresh id and timestamp, once, as exdata's app does.
   * @throws {Error} if there is no such delivery
   */
  async replay(deliveryId: string): Promise<DeliveryEntry> {
    return this.queue.replay(deliveryId);
  }
}
