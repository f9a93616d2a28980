import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HandlerScan } from '../../documents/index.js';
import { deliveryHandlerMetadata } from './on-exdata-delivery.decorator.js';
import type { DeliveryHandlerMetadata, ExdataDeliveryContext, ExdataDeliveryHandler } from './on-exdata-delivery.decorator.js';

export interface RegisteredDeliveryHandler {
  readonly id: string;
  readonly events: readonly string[];
  readonly replays: boolean;
  readonly call: ExdataDeliveryHandler;
}

/** Knows the methods that carry `@OnExdataDelivery`. */
@Injectable()
export class DeliveryHandlers implements OnModuleInit {
  readonly #handlers = new Map<string, RegisteredDeliveryHandler>();

  constructor(@Inject(HandlerScan) private readonly scan: HandlerScan) {}

  onModuleInit(): void {
    const found = this.scan.find<DeliveryHandlerMetadata, ExdataDeliveryContext>(deliveryHandlerMetadata, '@OnExdataDelivery');
    for (const [id, { metadata, call }] of found)
      this.#handlers.set(id, { id, events: metadata.events, replays: metadata.replays ?? false, call });
  }

  /** The handlers to call for an event. */
  for(event: string, isReplay: boolean): RegisteredDeliveryHandler[] {
    return [...this.#handlers.values()].filter(
      ({ events, replays }) => (events.includes(event) || events.includes('*')) && (replays || !isReplay),
    );
  }

  find(id: string): RegisteredDeliveryHandler | undefined {
    return this.#handlers.get(id);
  }
}
