import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { isTerminal } from './document-state.js';
import type { TerminalStatus } from './document-state.js';
import { documentHandlerMetadata } from './on-exdata-document.decorator.js';
import type { DocumentHandlerMetadata, ExdataDocumentHandler } from './on-exdata-document.decorator.js';

export interface RegisteredHandler {
  readonly id: string;
  readonly statuses: readonly TerminalStatus[];
  readonly call: ExdataDocumentHandler;
}

/** Finds the methods that carry `@OnExdataDocument`. */
@Injectable()
export class HandlerRegistry implements OnModuleInit {
  readonly #handlers = new Map<string, RegisteredHandler>();

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    for (const wrapper of this.discovery.getProviders()) {
      const type: unknown = (wrapper.instance as object | null)?.constructor ?? wrapper.metatype;
      if (typeof type !== 'function' || !(type.prototype instanceof Object)) continue;
      const prototype = type.prototype as Record<string, unknown>;
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        const callback = prototype[method];
        if (typeof callback !== 'function') continue;
        const metadata = this.reflector.get<DocumentHandlerMetadata | undefined>(documentHandlerMetadata, callback);
        if (metadata)
          this.#add(
            metadata,
            `${type.name}.${method}`,
            wrapper.isDependencyTreeStatic() ? (wrapper.instance as object | null) : null,
            callback as ExdataDocumentHandler,
          );
      }
    }
  }

  /** The handlers to call for a state. */
  for(status: TerminalStatus): RegisteredHandler[] {
    return [...this.#handlers.values()].filter((handler) => handler.statuses.includes(status));
  }

  find(id: string): RegisteredHandler | undefined {
    return this.#handlers.get(id);
  }

  #add(metadata: DocumentHandlerMetadata, place: string, instance: object | null, callback: ExdataDocumentHandler): void {
    const id = metadata.id ?? place;
    if (instance === null)
      throw new Error(
        `@OnExdataDocument on ${place}: its provider is request-scoped. Documents arrive outside any request; make the provider a singleton.`,
      );
    if (!metadata.statuses.every(isTerminal))
      throw new Error(`@OnExdataDocument on ${place}: the states are 'completed', 'error' and 'blocked'.`);
    if (id.length > 191)
      throw new Error(
        `@OnExdataDocument on ${place}: its id has ${String(id.length)} characters, at most 191 can be kept. Give a shorter { id }.`,
      );
    if (this.#handlers.has(id))
      throw new Error(`@OnExdataDocument on ${place}: another handler has the id '${id}' already. Give each its own { id }.`);
    this.#handlers.set(id, { id, statuses: metadata.statuses, call: (context) => callback.call(instance, context) });
  }
}
