import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Write } from '../dispatch/index.js';
import { Inject } from '../injection/index.js';
import { EventRows } from './event-rows.js';

export interface EventDetails {
  readonly requestId?: string | null;
  readonly deliveryId?: string | null;
  readonly detail?: string | null;
}

export interface NewEvent extends EventDetails {
  readonly what: string;
}

/** Writes down what happened to a document. */
@Injectable()
export class DocumentHistory {
  constructor(@Inject(EventRows) private readonly rows: EventRows) {}

  /** Adds one event, in the transaction that makes it true. */
  async record(write: Write, row: { readonly id: string }, what: string, details: EventDetails = {}): Promise<void> {
    await this.recordAll(write, row, [{ ...details, what }]);
  }

  /** Adds the events of one moment, in their order. */
  async recordAll(
    { manager, now: at }: Write,
    { id: linkId }: { readonly id: string },
    events: readonly NewEvent[],
  ): Promise<void> {
    if (events.length === 0) return;
    const ids = events.map(() => randomUUID()).sort();
    const rows = events.map(({ what, requestId = null, deliveryId = null, detail = null }, index) => {
      const id = ids[index] ?? randomUUID();
      return { id, at, what, requestId, deliveryId, detail };
    });
    await this.rows.insert(manager, linkId, rows);
  }
}
