import type { SandboxClock } from '../clock/clock.js';
import type { DeliveryEntry } from '../journal/entries.js';
import type { Journal, JournalLine } from '../journal/journal.js';
import type { Delivery } from './delivery.js';
import type { DeliveryOverride } from './delivery-override.js';
import type { Endpoint, Endpoints } from './endpoints.js';
import { Connections } from './connections.js';
import { post } from './post.js';
import { seconds, signedRequest } from './signed-request.js';

interface CourierOptions {
  readonly clock: SandboxClock;
  readonly journal: Journal;
  readonly endpoints: Endpoints;
  /** Real milliseconds an endpoint has to answer. */
  readonly timeoutMs: number;
}

type State = Pick<DeliveryEntry, 'outcome' | 'faulty'>;
type SignedRequest = ReturnType<typeof signedRequest>;

/**
 * A Node server lets 511 connections wait to be accepted; beyond that the kernel drops them, and copies would come in
 * seconds later or never.
 */
const mostConnections = 500;

/** Carries single attempts to their endpoints, each with a line in the journal. */
export class Courier {
  private readonly closing = new AbortController();
  private readonly connections = new Connections(mostConnections);

  constructor(private readonly options: CourierOptions) {}

  /** @returns the attempt as it ended: answered, failed, or dropped because the endpoint is gone */
  async send(delivery: Delivery, override: DeliveryOverride, faulty: boolean): Promise<DeliveryEntry> {
    const endpoint = this.options.endpoints.get(delivery.endpointId);
    if (endpoint === undefined)
      return this.write(delivery, this.request(delivery, override), { outcome: 'dropped', faulty }).entry;
    const request = this.request(delivery, override, endpoint);
    const line = this.write(delivery, request, { outcome: 'open', faulty }, endpoint);
    const { timeoutMs } = this.options;
    const result = await this.connections.run(() =>
      post(endpoint.url, request.headers, request.body, {
        timeoutMs,
        signal: this.closing.signal,
        cutAfter: override.cutAfter,
      }),
    );
    line.update({ ...result, outcome: result.status === null ? 'failed' : 'answered' });
    return line.entry;
  }

  /** Writes down an attempt that never leaves. */
  lose(delivery: Delivery, override: DeliveryOverride): void {
    const endpoint = this.options.endpoints.get(delivery.endpointId);
    this.write(delivery, this.request(delivery, override, endpoint), { outcome: 'dropped', faulty: true }, endpoint);
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.closing.signal.aborted;
  }

  /** Ends running attempts. */
  close(): void {
    this.closing.abort();
  }

  private request({ id, event, body }: Delivery, override: DeliveryOverride, endpoint?: Endpoint): SignedRequest {
    const timestamp = seconds(this.options.clock.now());
    return signedRequest({ id, event, timestamp, body, secret: endpoint?.secret ?? '' }, override);
  }

  private write(
    delivery: Delivery,
    { headers, body }: SignedRequest,
    state: State,
    endpoint?: Endpoint,
  ): JournalLine<DeliveryEntry> {
    return this.options.journal.add<DeliveryEntry>({
      kind: 'delivery',
      at: this.options.clock.now(),
      deliveryId: delivery.id,
      sentId: headers['X-Delivery'] ?? delivery.id,
      event: delivery.event,
      documentId: delivery.documentId,
      endpointId: delivery.endpointId,
      url: endpoint?.url ?? '',
      attempt: delivery.attempts,
      headers,
      body: body.toString(),
      status: null,
      error: null,
      ...state,
    });
  }
}
