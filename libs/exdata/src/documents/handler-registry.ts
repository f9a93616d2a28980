import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { isTerminal } from './document-state.js';
import type { TerminalStatus } from './document-state.js';
import { HandlerScan } from './handler-scan.js';
import { documentHandlerMetadata } from './on-exdata-document.decorator.js';
import type { DocumentHandlerMetadata, ExdataDocumentContext, ExdataDocumentHandler } from './on-exdata-document.decorator.js';

export interface RegisteredHandler {
  readonly id: string;
  readonly statuses: readonly TerminalStatus[];
  readonly call: ExdataDocumentHandler;
}

/** Knows the methods that carry `@OnExdataDocument`. */
@Injectable()
export class HandlerRegistry implements OnModuleInit {
  readonly #handlers = new Map<string, RegisteredHandler>();

  constructor(@Inject(HandlerScan) private readonly scan: HandlerScan) {}

  onModuleInit(): void {
    const found = this.scan.find<DocumentHandlerMetadata, ExdataDocumentContext>(documentHandlerMetadata, '@OnExdataDocument');
    for (const [id, { place, metadata, call }] of found) {
      if (!metadata.statuses.every(isTerminal))
        throw new Error(`@OnExdataDocument on ${place}: the states are 'completed', 'error' and 'blocked'.`);
      this.#handlers.set(id, { id, statuses: metadata.statuses, call });
    }
  }

  /** The handlers to call for a state. */
  for(status: TerminalStatus): RegisteredHandler[] {
    return [...this.#handlers.values()].filter((handler) => handler.statuses.includes(status));
  }

  find(id: string): RegisteredHandler | undefined {
    return this.#handlers.get(id);
  }
}
