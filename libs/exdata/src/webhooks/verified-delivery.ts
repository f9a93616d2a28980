/** A delivery whose signature and timestamp hold, as the guard hands it to the controller. */
export interface ExdataVerifiedDelivery {
  /** Whose secret it was signed with. */
  readonly account: string;
  /** X-Delivery. */
  readonly deliveryId: string;
  /** X-Event. Like the two beside it a hint: the signature covers the body alone. */
  readonly event: string;
  /** X-Timestamp in epoch ms. */
  readonly sentAt: number;
  /** Name of the secret that signed it. */
  readonly secretId: string;
  /** The signed bytes; where they came compressed, what they hold. */
  readonly body: Buffer;
}

/** The request that a delivery came with, and the response that its sender waits for: those of Express or Fastify. */
export interface DeliveryExchange {
  readonly request: object;
  readonly response: object;
}

const verified = new WeakMap<object, ExdataVerifiedDelivery>();
const exchanges = new WeakMap<ExdataVerifiedDelivery, DeliveryExchange>();

export function attachDelivery(exchange: DeliveryExchange, delivery: ExdataVerifiedDelivery): void {
  verified.set(exchange.request, delivery);
  exchanges.set(delivery, exchange);
}

/** Undefined for a copy, such as one that came to this process through a queue. */
export function exchangeOf(delivery: ExdataVerifiedDelivery): DeliveryExchange | undefined {
  return exchanges.get(delivery);
}

/**
 * The delivery that {@link ExdataWebhookGuard} verified on this request of Express or Fastify, for a controller of your
 * own to hand to `ExdataDeliveryService.receive`.
 * @throws {Error} when the guard has not run: a controller without it must not store anything
 */
export function exdataDeliveryOf(request: object): ExdataVerifiedDelivery {
  const delivery = verified.get(request);
  if (!delivery)
    throw new Error(
      'ExdataWebhookGuard has not verified this request; bind it to the controller with @UseGuards(ExdataWebhookGuard)',
    );
  return delivery;
}
