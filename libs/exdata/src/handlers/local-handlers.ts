import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import { EXDATA_MODE } from '../dispatch/index.js';
import type { ExdataMode } from '../dispatch/index.js';
import type { ExdataHandlerSubject } from './handler.entity.js';
import { Inject } from '../injection/index.js';

/** A handler that this process has, and one state or event that it is to be called for. */
export interface LocalHandler {
  readonly id: string;
  readonly subject: ExdataHandlerSubject;
  readonly handler: string;
  readonly topic: string;
  readonly replays: boolean;
  /** Since when (epoch ms); null for its registration. */
  readonly from: number | null;
}

/** The id of the row in which all processes find the handler for this state or event. */
function handlerKey(mode: ExdataMode, subject: ExdataHandlerSubject, handler: string, topic: string): string {
  return hash('sha256', JSON.stringify([mode, subject, handler, topic])).slice(0, 36);
}

/** The handlers that this process has: it works on no runs but theirs. */
@Injectable()
export class LocalHandlers {
  readonly #handlers = new Map<string, LocalHandler>();

  constructor(@Inject(EXDATA_MODE) readonly mode: ExdataMode) {}

  /** All are added while the modules are initialised. */
  add({ topics, ...handler }: Omit<LocalHandler, 'id' | 'topic'> & { readonly topics: readonly string[] }): void {
    for (const topic of topics) {
      const id = handlerKey(this.mode, handler.subject, handler.handler, topic);
      this.#handlers.set(id, { ...handler, id, topic });
    }
  }

  get all(): LocalHandler[] {
    return [...this.#handlers.values()];
  }

  /** Ids of their rows. */
  idsOf(subject: ExdataHandlerSubject): string[] {
    return this.all.filter((handler) => handler.subject === subject).map(({ id }) => id);
  }

  /** The names of the handlers. */
  namesOf(subject: ExdataHandlerSubject): string[] {
    return [...new Set(this.all.filter((handler) => handler.subject === subject).map(({ handler }) => handler))];
  }
}
