import type { EntityManager } from 'typeorm';
import type { Claim, Clock, ExdataTransactions, Job, WorkService } from '../../dispatch/index.js';
import { DeadLetterError, reasonFor } from '../../documents/index.js';
import type { AlertBook, DeadLetterReason, HandlerCalls, HandlerRunOutcome } from '../../documents/index.js';
import { countHandlerRun, inSpan } from '../../telemetry/index.js';
import type { ExdataLog, LifeIds } from '../../telemetry/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import { contentOf } from './delivery-content.js';
import type { DeliveryHandlers } from './delivery-handlers.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import { deliveryRunJobName } from './delivery-runs.js';

export interface DeliveryRunJobParts {
  readonly handlers: DeliveryHandlers;
  readonly calls: HandlerCalls;
  readonly alerts: AlertBook;
  readonly transactions: ExdataTransactions;
  readonly work: WorkService;
  readonly clock: Clock;
  readonly log: ExdataLog;
}

/** Runs one handler of raw deliveries for one body. */
export class DeliveryRunJob implements Job<ExdataDeliveryRun> {
  readonly name = deliveryRunJobName;
  readonly entity = ExdataDeliveryRun;
  readonly where = { outcome: 'open' as const };

  constructor(
    private readonly parts: DeliveryRunJobParts,
    readonly timeoutMs: number,
  ) {}

  async run(run: ExdataDeliveryRun, claim: Claim): Promise<void> {
    const delivery = await this.#deliveryOf(run);
    await inSpan('handler', idsOf(run, delivery), async (span) => {
      span.note('handler', run.handler);
      try {
        await this.#call(run, delivery, claim);
      } catch (error) {
        if (!(error instanceof DeadLetterError)) throw error;
        await this.giveUp(run, claim, error);
      }
    });
  }

  async quarantine(run: ExdataDeliveryRun, claim: Claim): Promise<void> {
    await this.giveUp(run, claim, new DeadLetterError('poison', 'the process ended several times while this handler ran'));
  }

  async giveUp(run: ExdataDeliveryRun, claim: Claim, error: unknown): Promise<void> {
    const { alerts, transactions, work, log } = this.parts;
    const delivery = await this.#deliveryOf(run);
    const reason = reasonFor(error, claim, 'handler');
    const { account, handler } = run;
    const message = `the handler ${handler} was given up for a delivery; mend what stopped it, then redrive or discard its run`;
    const document = { exdataId: delivery?.exdataId ?? null };
    // One that a person has put to work again, and that dies again, is told of again.
    const cause = `handler:${run.id}:${String(run.reopenedAt ?? 0)}`;
    const wake = await transactions.run(async (manager) => {
      await this.#settle(manager, run, claim, 'dead', reason, error instanceof Error ? error : new Error(String(error)));
      return alerts.enter(manager, { kind: 'dead_letter', account, cause, code: reason, message, document });
    });
    await work.dispatchAll(wake);
    log.error('handler.dead', idsOf(run, delivery), { handler, reason });
  }

  async #call(run: ExdataDeliveryRun, delivery: ExdataDelivery | null, claim: Claim): Promise<void> {
    const { handlers, calls, log } = this.parts;
    const handler = handlers.find(run.handler);
    if (!handler) throw new Error(`no provider has a handler with the id '${run.handler}' any more`);
    if (delivery === null || delivery.body.length === 0)
      throw new DeadLetterError('expired', 'the body of the delivery is not kept any more');
    const { id, account, deliveryId, body: rawBody, replayOf, receivedAt } = delivery;
    const { json: body, documentId, event } = contentOf(rawBody);
    const effectKey = `${account}:${run.effect}:${run.handler}`;
    const context = { id, account, deliveryId, event: event ?? delivery.event, body, rawBody, documentId, replayOf, receivedAt, effectKey };
    const ids = idsOf(run, delivery);
    await calls.run(claim, {
      handler: handler.id,
      ids,
      call: (manager) => handler.call({ ...context, manager, signal: claim.signal }),
      finish: (manager) => this.#settle(manager, run, claim, 'done'),
    });
    log.info('handler.done', ids, { handler: run.handler, type: context.event });
  }

  #deliveryOf({ deliveryRowId }: ExdataDeliveryRun): Promise<ExdataDelivery | null> {
    return this.parts.transactions.run((manager) => manager.findOneBy(ExdataDelivery, { id: deliveryRowId }));
  }

  async #settle(...[manager, run, claim, outcome, reason = null, error]: SettleArguments): Promise<void> {
    await manager.update(ExdataDeliveryRun, { id: run.id }, { outcome, reason, endedAt: this.parts.clock.now() });
    await claim.settle(
      manager,
      error === undefined ? { kind: 'done', dueAt: null } : { kind: 'failed', dueAt: null, error: String(error) },
    );
    countHandlerRun(run.handler, outcome, reason);
  }
}

type SettleArguments = [
  manager: EntityManager,
  run: ExdataDeliveryRun,
  claim: Claim,
  outcome: HandlerRunOutcome,
  reason?: DeadLetterReason | null,
  error?: Error,
];

function idsOf({ account }: ExdataDeliveryRun, delivery: ExdataDelivery | null): LifeIds {
  return { account, deliveryId: delivery?.deliveryId, documentId: delivery?.exdataId, requestId: delivery?.requestId };
}
