import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import type { Attempt, Write } from '../../dispatch/index.js';
import { Writes } from '../../dispatch/index.js';
import { AlertBook, deadRun } from '../../documents/index.js';
import { DeadLetterError, HandlerScan, reasonFor } from '../../handlers/index.js';
import type { ExdataDeadLetterReason, HandlerCall, HandlerSubject, RunEnd } from '../../handlers/index.js';
import type { LifeIds } from '../../telemetry/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import { contentOf } from './delivery-content.js';
import { DeliveryOffers } from './delivery-offers.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import { deliveryRunJobName } from './delivery-runs.js';
import { deliveryHandlerMetadata } from './on-exdata-delivery.decorator.js';
import type { ExdataDeliveryContext, ExdataDeliveryHandler } from './on-exdata-delivery.decorator.js';
import { Inject } from '../../injection/index.js';

type Run = ExdataDeliveryRun;
/** The delivery; null where it is not kept any more. */
type Thing = ExdataDelivery | null;

/** Longest event that can be kept. */
const longestEvent = 128;

/** Deliveries as they came, as what handlers are called for. */
@Injectable()
export class DeliverySubject implements HandlerSubject<Run, Thing>, OnModuleInit {
  readonly name = 'delivery';
  readonly job = deliveryRunJobName;
  readonly entity = ExdataDeliveryRun;
  #handlers: ReadonlyMap<string, ExdataDeliveryHandler> = new Map();

  constructor(
    @Inject(DeliveryOffers) readonly offers: DeliveryOffers,
    @Inject(HandlerScan) private readonly scan: HandlerScan,
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(Writes) private readonly writes: Writes,
  ) {}

  onModuleInit(): void {
    this.#handlers = this.scan.find<ExdataDeliveryContext>({
      subject: this.name,
      key: deliveryHandlerMetadata,
      decorator: '@OnExdataDelivery',
      faultOf: (topics) =>
        topics.every(({ length }) => length > 0 && length <= longestEvent)
          ? null
          : `an event's name has 1 to ${String(longestEvent)} characters.`,
    });
  }

  thingOf({ deliveryRowId: id }: Run): Promise<Thing> {
    return this.writes.once((manager) => manager.findOneBy(ExdataDelivery, { id }));
  }

  idsOf({ account }: Run, delivery: Thing): LifeIds {
    const { deliveryId, exdataId: documentId, requestId } = delivery ?? {};
    return { account, deliveryId, documentId, requestId };
  }

  /** @throws {DeadLetterError} when its body is not kept any more */
  callOf({ row: { handler, effect }, signal }: Attempt<Run>, delivery: Thing): HandlerCall {
    const method = this.#handlers.get(handler);
    if (!method) throw new Error(`no provider has a handler with the id '${handler}'`);
    if (delivery === null || delivery.body.length === 0)
      throw new DeadLetterError('expired', 'the body of the delivery is not kept any more');
    const { id, mode, account, deliveryId, body: rawBody, replayOf, receivedAt } = delivery;
    const { json: body, documentId, event: signedEvent } = contentOf(rawBody);
    const event = signedEvent ?? delivery.event;
    const effectKey = `${mode}:${account}:${effect}:${handler}`;
    const said = { id, mode, account, deliveryId, event, body, rawBody, documentId, replayOf, receivedAt };
    return { call: (manager) => method({ ...said, manager, signal, effectKey }), fields: { type: event } };
  }

  reasonFor(error: unknown, attempt: Attempt<Run>): ExdataDeadLetterReason {
    return reasonFor(error, attempt, 'handler');
  }

  async end(write: Write, run: Run, delivery: Thing, { reason }: RunEnd): Promise<void> {
    if (reason === null) return;
    const { account } = run;
    const document = { exdataId: delivery?.exdataId ?? null };
    await this.alerts.raise(write, { ...deadRun(run, reason, 'a delivery'), account, document });
  }
}
