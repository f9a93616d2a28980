import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { Inject } from '../injection/index.js';

/** A method of a provider that a decorator of ours stands on. */
export interface FoundHandler<Metadata, Context> {
  /** `Class.method`. */
  readonly place: string;
  readonly metadata: Metadata;
  readonly call: (context: Context) => Promise<void> | void;
}

/** Longest id of a handler that can be kept. */
const longestId = 191;

/** Looks through the application's providers for handlers. */
@Injectable()
export class HandlerScan {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  /**
   * The methods that carry the metadata, each under its id.
   * @param decorator for messages, such as `@OnExdataDocument`
   * @throws {Error} for a handler that cannot be called, or whose id cannot be kept or is another's already
   */
  find<Metadata extends { readonly id?: string }, Context>(
    key: string,
    decorator: string,
  ): Map<string, FoundHandler<Metadata, Context>> {
    const found = new Map<string, FoundHandler<Metadata, Context>>();
    for (const { place, metadata, call } of this.#methods<Metadata, Context>(key)) {
      const id = metadata.id ?? place;
      if (call === null)
        throw new Error(
          `${decorator} on ${place}: its provider is request-scoped. Documents arrive outside any request; make the provider a singleton.`,
        );
      if (id.length > longestId)
        throw new Error(
          `${decorator} on ${place}: its id has ${String(id.length)} characters, at most ${String(longestId)} can be kept. Give a shorter { id }.`,
        );
      if (found.has(id))
        throw new Error(
          `${decorator} on ${place}: another handler has the id '${id}' already. Give each its own { id }.`,
        );
      found.set(id, { place, metadata, call });
    }
    return found;
  }

  *#methods<Metadata, Context>(key: string): Generator<Candidate<Metadata, Context>> {
    for (const wrapper of this.discovery.getProviders()) {
      const instance = wrapper.instance as object | null;
      const type: unknown = instance?.constructor ?? wrapper.metatype;
      if (typeof type !== 'function' || !(type.prototype instanceof Object)) continue;
      const prototype = type.prototype as Record<string, unknown>;
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        const callback = prototype[method];
        if (typeof callback !== 'function') continue;
        const metadata = this.reflector.get<Metadata | undefined>(key, callback);
        if (!metadata) continue;
        // Called by itself: what the host binds around its routes, globally or not, is made for requests.
        const call = callback as (context: Context) => Promise<void> | void;
        yield {
          place: `${type.name}.${method}`,
          metadata,
          call:
            wrapper.isDependencyTreeStatic() && instance !== null ? (context) => call.call(instance, context) : null,
        };
      }
    }
  }
}

interface Candidate<Metadata, Context> {
  readonly place: string;
  readonly metadata: Metadata;
  readonly call: FoundHandler<Metadata, Context>['call'] | null;
}
