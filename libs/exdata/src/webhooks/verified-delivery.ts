/** A delivery whose signature and timestamp hold, as the guard hands it to the controller. */
export interface VerifiedDelivery {
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

const verified = new WeakMap<object, VerifiedDelivery>();

export function attachDelivery(request: object, delivery: VerifiedDelivery): void {
  verified.set(request, delivery);
}

/**
 * The delivery that {@link ExdataWebhookGuard} verified on this request of Express or Fastify, for a controller of your own.
 * @throws when the guard has not run: a controller without it must not store anything
 */
export function deliveryOf(request: object): VerifiedDelivery {
  const delivery = verified.get(request);
  if (!delivery)
    throw new Error('ExdataWebhookGuard has not verified this request; bind it to the controller with @UseGuards(ExdataWebhookGuard)');
  return delivery;
}
