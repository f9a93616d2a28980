import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { FindOptionsWhere } from 'typeorm';
import type { Attempt, Job } from '../../dispatch/index.js';
import { DeadLetterError, HandlerCalls, reasonFor } from '../../documents/index.js';
import { LocalHandlers } from '../../handlers/index.js';
import { ExdataLog } from '../../telemetry/index.js';
import type { ExdataDelivery } from '../delivery.entity.js';
import { contentOf } from './delivery-content.js';
import { DeliveryHandlers } from './delivery-handlers.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import { DeliveryRunEnds, idsOfRun } from './delivery-run-ends.js';
import { deliveryRunJobName } from './delivery-runs.js';
import type { ExdataDeliveryContext } from './on-exdata-delivery.decorator.js';
import { EXDATA_WORK } from '../../config/index.js';
import { Inject } from '../../injection/index.js';

export interface DeliveryRunSettings {
  /** For one attempt, in milliseconds. */
  readonly handlerTimeoutMs: number;
}

/** Runs one handler of raw deliveries for one body. */
@Injectable()
export class DeliveryRunJob implements Job<ExdataDeliveryRun> {
  readonly name = deliveryRunJobName;
  readonly entity = ExdataDeliveryRun;
  readonly isPartial = true;
  readonly groups = { column: 'handler' as const, among: () => this.local.namesOf('delivery') };

  constructor(
    @Inject(LocalHandlers) private readonly local: LocalHandlers,
    @Inject(DeliveryHandlers) private readonly handlers: DeliveryHandlers,
    @Inject(HandlerCalls) private readonly calls: HandlerCalls,
    @Inject(DeliveryRunEnds) private readonly ends: DeliveryRunEnds,
    @Inject(ExdataLog) private readonly log: ExdataLog,
    @Inject(EXDATA_WORK) private readonly settings: DeliveryRunSettings,
  ) {}

  /** Runs of handlers that this process does not have are others' to take. */
  get where(): FindOptionsWhere<ExdataDeliveryRun> {
    return { outcome: 'open', registrationId: In(this.local.idsOf('delivery')) };
  }

  get timeoutMs(): number {
    return this.settings.handlerTimeoutMs;
  }

  async run(attempt: Attempt<ExdataDeliveryRun>): Promise<void> {
    const { row: run, span } = attempt;
    span.note('handler', run.handler);
    const delivery = await this.ends.deliveryOf(run);
    span.identify(idsOfRun(run, delivery));
    try {
      await this.#call(attempt, delivery);
    } catch (error) {
      if (!(error instanceof DeadLetterError)) throw error;
      await this.giveUp(attempt, error);
    }
  }

  async giveUp(attempt: Attempt<ExdataDeliveryRun>, error: unknown): Promise<void> {
    await this.ends.dead(attempt, reasonFor(error, attempt, 'handler'), error);
  }

  async #call(attempt: Attempt<ExdataDeliveryRun>, delivery: ExdataDelivery | null): Promise<void> {
    const { row: run, signal } = attempt;
    const handler = this.handlers.find(run.handler);
    if (!handler) throw new Error(`no provider has a handler with the id '${run.handler}'`);
    if (delivery === null || delivery.body.length === 0)
      throw new DeadLetterError('expired', 'the body of the delivery is not kept any more');
    const told = contextOf(run, delivery);
    const ids = idsOfRun(run, delivery);
    await this.calls.run(attempt, {
      handler: handler.id,
      ids,
      call: (manager) => handler.call({ ...told, manager, signal }),
      finish: (write) => this.ends.done(write, attempt),
    });
    this.log.info('handler.done', ids, { handler: run.handler, type: told.event });
  }
}

function contextOf(
  run: ExdataDeliveryRun,
  delivery: ExdataDelivery,
): Omit<ExdataDeliveryContext, 'manager' | 'signal'> {
  const { id, mode, account, deliveryId, body: rawBody, replayOf, receivedAt } = delivery;
  const { json: body, documentId, event: signedEvent } = contentOf(rawBody);
  const event = signedEvent ?? delivery.event;
  const effectKey = `${mode}:${account}:${run.effect}:${run.handler}`;
  return { id, mode, account, deliveryId, event, body, rawBody, documentId, replayOf, receivedAt, effectKey };
}
