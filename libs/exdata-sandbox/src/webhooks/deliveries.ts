import type { SandboxClock } from '../clock/clock.js';
import type { SandboxDocument } from '../documents/document.js';
import type { DeliveryEntry } from '../journal/entries.js';
import type { Journal } from '../journal/journal.js';
import type { SeededRandom } from '../random.js';
import type { Readings } from '../readings.js';
import { Script, type Scripted } from '../script.js';
import { webhookBody } from './body.js';
import type { Courier } from './courier.js';
import type { Delivery, DeliveryFacts } from './delivery.js';
import type { Copies, DeliveryFault, DeliveryOverride } from './delivery-override.js';
import type { Endpoints } from './endpoints.js';
import { seconds } from './signed-request.js';

interface DeliveriesOptions {
  readonly clock: SandboxClock;
  readonly random: SeededRandom;
  readonly journal: Journal;
  readonly readings: Readings;
  readonly endpoints: Endpoints;
  readonly courier: Courier;
  /** Milliseconds from a failed attempt to the next one; its length is the number of retries. */
  readonly retryAfterMs: readonly number[];
}

/** The queue that brings webhooks to their endpoints. */
export class Deliveries {
  private readonly deliveries = new Map<string, Delivery>();
  private readonly faults = new Script<DeliveryFacts, DeliveryFault>();
  private held: (() => Promise<unknown>)[] = [];

  constructor(private readonly options: DeliveriesOptions) {}

  /** Lays down what goes wrong with the next attempts that match. @returns takes it back */
  script(entry: Scripted<DeliveryFacts, DeliveryFault>): () => void {
    return this.faults.add(entry);
  }

  clearFaults(): void {
    this.faults.clear();
  }

  /** All deliveries, oldest first. */
  all(): readonly Delivery[] {
    return [...this.deliveries.values()];
  }

  /** Tells every subscribed endpoint how a document stands, with retries. Resolves when the first attempts are over. */
  async publish(document: SandboxDocument): Promise<void> {
    const { readings } = this.options;
    const event = document.status === 'pending' ? readings.pendingEvent : readings.events[document.status];
    if (event === null) return;
    const made = this.create(document, event);
    await Promise.all(made.map((delivery) => this.attempt(delivery.id, {})));
  }

  /**
   * Sends a document's webhook once more, as it stands now or altered, without retries. @returns the attempts, answered
   * or failed
   */
  async deliver(
    document: SandboxDocument,
    override: DeliveryOverride & Copies = {},
  ): Promise<readonly DeliveryEntry[]> {
    const { events, pendingEvent } = this.options.readings;
    const event = document.status === 'pending' ? (pendingEvent ?? events.completed) : events[document.status];
    return this.sendAll(this.create(document, event), override);
  }

  /** Sends any body under any event, signed, without retries, to an account's endpoints that subscribed to it. */
  async send(
    account: string,
    event: string,
    body: string,
    override: DeliveryOverride & Copies = {},
  ): Promise<readonly DeliveryEntry[]> {
    return this.sendAll(this.address(account, event, body, null), override);
  }

  /**
   * Sends an earlier delivery again, as exdata's app does: the same body under a fresh id and timestamp (exdata docs:
   * Webhooks).
   * @param id the delivery's id, or an `X-Delivery` that one of its attempts carried
   */
  async replay(id: string): Promise<DeliveryEntry> {
    const original = this.deliveries.get(
      this.options.journal.deliveries(({ sentId }) => sentId === id)[0]?.deliveryId ?? id,
    );
    if (original === undefined) throw new Error(`There is no delivery ${id}.`);
    return this.sendOnce(this.keep({ ...original, ...this.fresh() }), {});
  }

  /** Ends running attempts and schedules none. */
  close(): void {
    this.options.courier.close();
  }

  private create(document: SandboxDocument, event: string): Delivery[] {
    return this.address(document.account, event, webhookBody(event, document, this.options.readings), document.id);
  }

  private address(to: string, event: string, body: string, documentId: number | null): Delivery[] {
    const subscribed = this.options.endpoints
      .all()
      .filter(({ account, events }) => account === to && (events?.includes(event) ?? true));
    return subscribed.map(({ id }) => this.keep({ ...this.fresh(), event, documentId, endpointId: id, body }));
  }

  private fresh(): Pick<Delivery, 'id' | 'createdAt' | 'status' | 'attempts'> {
    return { id: this.options.random.uuid(), createdAt: this.options.clock.now(), status: 'pending', attempts: 0 };
  }

  private keep(delivery: Delivery): Delivery {
    this.deliveries.set(delivery.id, delivery);
    return delivery;
  }

  private async sendAll(
    made: readonly Delivery[],
    { copies = 1, ...override }: DeliveryOverride & Copies,
  ): Promise<readonly DeliveryEntry[]> {
    return Promise.all(
      made.flatMap((delivery) => Array.from({ length: copies }, () => this.sendOnce(delivery, override))),
    );
  }

  private async sendOnce(delivery: Delivery, override: DeliveryOverride): Promise<DeliveryEntry> {
    const begun = this.keep({ ...delivery, attempts: 1 });
    const entry = await this.options.courier.send(begun, override, hasFault(override));
    this.keep({ ...begun, status: isAccepted(entry) ? 'delivered' : 'exhausted' });
    return entry;
  }

  private async attempt(id: string, reading: DeliveryOverride): Promise<void> {
    const before = this.deliveries.get(id);
    if (before === undefined || this.options.courier.closed) return;
    const delivery = this.keep({ ...before, attempts: before.attempts + 1 });
    const { event, documentId, endpointId, attempts } = delivery;
    const fault = this.faults.take({ event, documentId, endpointId, deliveryId: id, attempt: attempts });
    const go = (): Promise<void> => this.carryOut(delivery, { ...reading, ...fault }, fault !== undefined);
    if (fault?.afterNext === true) this.held.push(go);
    else if (fault?.delayMs !== undefined) this.options.clock.setTimeout(go, fault.delayMs);
    else await go();
  }

  private async carryOut(delivery: Delivery, fault: DeliveryFault, faulty: boolean): Promise<void> {
    if (fault.drop === true) {
      this.options.courier.lose(delivery, fault);
      this.keep({ ...delivery, status: 'dropped' });
      return;
    }
    const waiting = this.held;
    this.held = [];
    const copies = Array.from({ length: fault.copies ?? 1 }, () => this.options.courier.send(delivery, fault, faulty));
    const entries = await Promise.all(copies);
    if (entries.some(isAccepted)) this.keep({ ...delivery, status: 'delivered' });
    else if (entries.some(({ outcome }) => outcome === 'dropped')) this.keep({ ...delivery, status: 'dropped' });
    else this.retry(delivery);
    for (const go of waiting) await go();
  }

  private retry(delivery: Delivery): void {
    const { clock, readings, random, retryAfterMs } = this.options;
    const delay = retryAfterMs[delivery.attempts - 1];
    if (delay === undefined || this.options.courier.closed) {
      this.keep({ ...delivery, status: 'exhausted' });
      return;
    }
    clock.setTimeout(() => {
      const reading = readings.webhookRetry;
      return this.attempt(delivery.id, {
        ...(reading === 'same-id-same-timestamp' && { timestamp: seconds(delivery.createdAt) }),
        ...(reading === 'new-id' && { id: random.uuid() }),
      });
    }, delay);
  }
}

function isAccepted({ status }: DeliveryEntry): boolean {
  return status !== null && status >= 200 && status < 300;
}

function hasFault(override: DeliveryOverride): boolean {
  return Object.values(override).some((value) => value !== undefined);
}
