import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { fromOf, HandlerScan, LocalHandlers } from '../../handlers/index.js';
import { deliveryHandlerMetadata } from './on-exdata-delivery.decorator.js';
import type {
  DeliveryHandlerMetadata,
  ExdataDeliveryContext,
  ExdataDeliveryHandler,
} from './on-exdata-delivery.decorator.js';
import { Inject } from '../../injection/index.js';

export interface DeliveryHandler {
  readonly id: string;
  readonly call: ExdataDeliveryHandler;
}

/** Longest event that can be kept. */
const longestEvent = 128;

/** Knows the methods of this process that carry `@OnExdataDelivery`. */
@Injectable()
export class DeliveryHandlers implements OnModuleInit {
  readonly #handlers = new Map<string, DeliveryHandler>();

  constructor(
    @Inject(HandlerScan) private readonly scan: HandlerScan,
    @Inject(LocalHandlers) private readonly local: LocalHandlers,
  ) {}

  onModuleInit(): void {
    const found = this.scan.find<DeliveryHandlerMetadata, ExdataDeliveryContext>(
      deliveryHandlerMetadata,
      '@OnExdataDelivery',
    );
    for (const [id, { place, metadata, call }] of found) {
      const where = `@OnExdataDelivery on ${place}`;
      const { events, replays = false } = metadata;
      if (events.some((event) => event.length === 0 || event.length > longestEvent))
        throw new Error(`${where}: an event's name has 1 to ${String(longestEvent)} characters.`);
      this.#handlers.set(id, { id, call });
      this.local.add({ subject: 'delivery', handler: id, topics: events, replays, from: fromOf(metadata.from, where) });
    }
  }

  find(id: string): DeliveryHandler | undefined {
    return this.#handlers.get(id);
  }
}
