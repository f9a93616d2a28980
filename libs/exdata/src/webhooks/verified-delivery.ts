/** A delivery whose signature and timestamp hold, as the guard hands it to the controller. */
export interface VerifiedDelivery {
  readonly deliveryId: string;
  readonly event: string;
  /** Epoch ms. */
  readonly sentAt: number;
  readonly secretId: string;
  readonly body: Buffer;
}

const verified = new WeakMap<object, VerifiedDelivery>();

export function attachDelivery(request: object, delivery: VerifiedDelivery): void {
  verified.set(request, delivery);
}

/** @throws when the guard has not run: a controller without it must not store anything */
export function deliveryOf(request: object): VerifiedDelivery {
  const delivery = verified.get(request);
  if (!delivery)
    throw new Error('ExdataWebhookGuard has not verified this request; bind it to the controller with @UseGuards(ExdataWebhookGuard)');
  return delivery;
}
