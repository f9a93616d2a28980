import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { fromOf, HandlerScan, LocalHandlers } from '../handlers/index.js';
import { isHandled } from './document-state.js';
import type { ExdataHandledStatus } from './document-state.js';
import { documentHandlerMetadata } from './on-exdata-document.decorator.js';
import type {
  DocumentHandlerMetadata,
  ExdataDocumentContext,
  ExdataDocumentHandler,
} from './on-exdata-document.decorator.js';
import { Inject } from '../injection/index.js';

export interface DocumentHandler {
  readonly id: string;
  readonly statuses: readonly ExdataHandledStatus[];
  readonly call: ExdataDocumentHandler;
}

/** Knows the methods of this process that carry `@OnExdataDocument`. */
@Injectable()
export class HandlerRegistry implements OnModuleInit {
  readonly #handlers = new Map<string, DocumentHandler>();

  constructor(
    @Inject(HandlerScan) private readonly scan: HandlerScan,
    @Inject(LocalHandlers) private readonly local: LocalHandlers,
  ) {}

  onModuleInit(): void {
    const found = this.scan.find<DocumentHandlerMetadata, ExdataDocumentContext>(
      documentHandlerMetadata,
      '@OnExdataDocument',
    );
    for (const [id, { place, metadata, call }] of found) {
      if (!metadata.statuses.every(isHandled))
        throw new Error(`@OnExdataDocument on ${place}: the states are 'completed', 'error', 'blocked' and 'unread'.`);
      const from = fromOf(metadata.from, `@OnExdataDocument on ${place}`);
      this.#handlers.set(id, { id, statuses: metadata.statuses, call });
      this.local.add({ subject: 'document', handler: id, topics: metadata.statuses, replays: false, from });
    }
  }

  find(id: string): DocumentHandler | undefined {
    return this.#handlers.get(id);
  }
}
