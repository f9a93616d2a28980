import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { In } from 'typeorm';
import { newWork, Writes } from '../../dispatch/index.js';
import type { Write } from '../../dispatch/index.js';
import { keyOf } from '../../documents/index.js';
import type { ExdataHandler } from '../../handlers/index.js';
import { RegisteredHandlers } from '../../handlers/index.js';
import type { ExdataDelivery } from '../delivery.entity.js';
import { contentOf } from './delivery-content.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import { Inject } from '../../injection/index.js';

export const deliveryRunJobName = 'delivery-handler';

type Told = Pick<ExdataDelivery, 'id' | 'mode' | 'account' | 'bodySha256' | 'replayOf'>;

/** What a run of a handler is keyed by: the signed bytes; where they had come before, the delivery. */
export const effectOf = ({ id, bodySha256, replayOf }: Told): string => (replayOf === null ? bodySha256 : id);

/** Whether the handler is called for a delivery of the event. */
export function isFor({ topic, replays }: ExdataHandler, event: string, { replayOf }: Told): boolean {
  return (topic === event || topic === '*') && (replays || replayOf === null);
}

/** Opens the work rows of handlers of raw deliveries, one for each handler and body. */
@Injectable()
export class DeliveryRuns {
  constructor(
    @Inject(RegisteredHandlers) private readonly registered: RegisteredHandlers,
    @Inject(Writes) private readonly writes: Writes,
  ) {}

  /**
   * Whether a handler wants to be called for each replay of these bytes, which came with one of `events` in their
   * headers.
   */
  async wantsReplays(body: Uint8Array, events: readonly string[]): Promise<boolean> {
    const handlers = (await this.registered.of('delivery')).filter(({ replays }) => replays);
    if (handlers.length === 0) return false;
    const signed = contentOf(body).event;
    const told = signed === null ? events : [signed];
    return handlers.some(({ topic }) => topic === '*' || told.includes(topic));
  }

  /** Those of the handlers of all processes that the delivery is for. */
  async handlersFor(row: ExdataDelivery, event: string): Promise<readonly ExdataHandler[]> {
    return (await this.registered.of('delivery')).filter((handler) => isFor(handler, event, row));
  }

  /** Opens the runs of these handlers that are not there yet. */
  async open(row: ExdataDelivery, handlers: readonly ExdataHandler[]): Promise<void> {
    await this.writes.run((write) => this.openFor(write, handlers, row));
  }

  /** As above, in the given write. */
  async openFor(write: Write, handlers: readonly ExdataHandler[], row: Told): Promise<void> {
    const { manager, now } = write;
    const key = keyOf(row);
    const effect = effectOf(row);
    // A handler of an event and of all events is one handler.
    const wanted = new Map(
      [...handlers].sort((a, b) => (a.topic < b.topic ? -1 : 1)).map(({ handler, id }) => [handler, id]),
    );
    const where = { ...key, effect, handler: In([...wanted.keys()]) };
    for (const { handler } of await manager.find(ExdataDeliveryRun, { select: { handler: true }, where }))
      wanted.delete(handler);
    for (const [handler, registrationId] of wanted) {
      const id = randomUUID();
      const run = {
        id,
        deliveryRowId: row.id,
        ...key,
        effect,
        handler,
        registrationId,
        outcome: 'open',
        createdAt: now,
      } as const;
      await write.insertUnlessThere(ExdataDeliveryRun, { ...run, work: newWork(now) });
      write.wakes({ job: deliveryRunJobName, id, group: handler });
    }
  }
}
