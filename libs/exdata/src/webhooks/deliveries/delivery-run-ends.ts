import { Injectable } from '@nestjs/common';
import type { Attempt, Write } from '../../dispatch/index.js';
import { FaultBook, Writes } from '../../dispatch/index.js';
import type { ExdataDeadLetterReason } from '../../documents/index.js';
import { AlertBook } from '../../documents/index.js';
import { countHandlerRun, ExdataLog } from '../../telemetry/index.js';
import type { LifeIds } from '../../telemetry/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import type { ExdataDeliveryRun } from './delivery-run.entity.js';
import { Inject } from '../../injection/index.js';

type RunAttempt = Attempt<ExdataDeliveryRun>;

/** Writes what became of a handler's run for a delivery. */
@Injectable()
export class DeliveryRunEnds {
  constructor(
    @Inject(Writes) private readonly writes: Writes,
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** The delivery that the run is for; null where it is not kept any more. */
  deliveryOf({ deliveryRowId }: ExdataDeliveryRun): Promise<ExdataDelivery | null> {
    return this.writes.once((manager) => manager.findOneBy(ExdataDelivery, { id: deliveryRowId }));
  }

  /** In the handler's own transaction. */
  async done(write: Write, attempt: RunAttempt): Promise<void> {
    await attempt.settle(write, { kind: 'done', dueAt: null }, { outcome: 'done', reason: null, endedAt: write.now });
    this.#count(write, attempt.row, 'done', null);
  }

  /** Gives the run up, and tells a person. */
  async dead(attempt: RunAttempt, reason: ExdataDeadLetterReason, error: unknown): Promise<void> {
    const { row: run } = attempt;
    const delivery = await this.deliveryOf(run);
    await this.writes.run(async (write) => {
      const why = String(error instanceof Error ? error : new Error(String(error)));
      await attempt.settle(
        write,
        { kind: 'failed', dueAt: null, error: why },
        { outcome: 'dead', reason, endedAt: write.now },
      );
      this.#count(write, run, 'dead', reason);
      await this.#alert(write, run, delivery, reason);
    });
    const fields = { handler: run.handler, reason };
    const tell = (count: number): void => this.log.error('handler.dead', idsOfRun(run, delivery), { ...fields, count });
    this.faults.noteEach('dead_handler', tell, run.handler);
  }

  async #alert(
    write: Write,
    run: ExdataDeliveryRun,
    delivery: ExdataDelivery | null,
    code: ExdataDeadLetterReason,
  ): Promise<void> {
    const { account, handler } = run;
    const message = `the handler ${handler} was given up for a delivery; mend what stopped it, then redrive or discard its run`;
    const document = { exdataId: delivery?.exdataId ?? null };
    // One that a person has put to work again, and that dies again, is told of again.
    const cause = `handler:${run.id}:${String(run.reopenedAt ?? 0)}`;
    await this.alerts.raise(write, { kind: 'dead_letter', many: true, account, cause, code, message, document });
  }

  #count(
    write: Write,
    { handler }: ExdataDeliveryRun,
    outcome: 'done' | 'dead',
    reason: ExdataDeadLetterReason | null,
  ): void {
    write.afterCommit(() => countHandlerRun(handler, outcome, reason));
  }
}

export function idsOfRun({ account }: ExdataDeliveryRun, delivery: ExdataDelivery | null): LifeIds {
  return { account, deliveryId: delivery?.deliveryId, documentId: delivery?.exdataId, requestId: delivery?.requestId };
}
