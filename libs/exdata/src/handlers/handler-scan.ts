import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { Inject } from '../injection/index.js';
import type { ExdataHandlerSubject } from './handler.entity.js';
import { fromOf } from './handler-from.js';
import type { ExdataHandlerFrom } from './handler-from.js';
import { LocalHandlers } from './local-handlers.js';

/** What a decorator of ours writes down about a method. */
export interface HandlerMetadata {
  readonly id?: string;
  readonly from?: ExdataHandlerFrom;
  readonly replays?: boolean;
  /** States or events that it is to be called for. */
  readonly topics: readonly string[];
}

/** A decorator whose methods are looked for. */
interface Wanted {
  readonly subject: ExdataHandlerSubject;
  /** Of its metadata. */
  readonly key: string;
  /** For messages, such as `@OnExdataDocument`. */
  readonly decorator: string;
  /** What is wrong with its topics; null where nothing is. */
  readonly faultOf: (topics: readonly string[]) => string | null;
}

type Method<Context> = (context: Context) => Promise<void> | void;

/** Longest id of a handler that can be kept. */
const longestId = 191;

/** Looks through the application's providers for handlers, and makes them known as this process's. */
@Injectable()
export class HandlerScan {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(LocalHandlers) private readonly local: LocalHandlers,
  ) {}

  /**
   * @returns the methods that carry the decorator, each under its id
   * @throws {Error} for a handler that cannot be called, or whose id cannot be kept or is another's already
   */
  find<Context>({ subject, key, decorator, faultOf }: Wanted): ReadonlyMap<string, Method<Context>> {
    const found = new Map<string, Method<Context>>();
    for (const { place, metadata, call } of this.#methods<Context>(key)) {
      const where = `${decorator} on ${place}`;
      const { id = place, topics, replays = false } = metadata;
      if (call === null)
        throw new Error(
          `${where}: its provider is request-scoped. Documents arrive outside any request; make the provider a singleton.`,
        );
      if (id.length > longestId)
        throw new Error(
          `${where}: its id has ${String(id.length)} characters, at most ${String(longestId)} can be kept. Give a shorter { id }.`,
        );
      if (found.has(id))
        throw new Error(`${where}: another handler has the id '${id}' already. Give each its own { id }.`);
      const fault = faultOf(topics);
      if (fault !== null) throw new Error(`${where}: ${fault}`);
      found.set(id, call);
      this.local.add({ subject, handler: id, topics, replays, from: fromOf(metadata.from, where) });
    }
    return found;
  }

  *#methods<Context>(key: string): Generator<Candidate<Context>> {
    for (const wrapper of this.discovery.getProviders()) {
      const instance = wrapper.instance as object | null;
      const type: unknown = instance?.constructor ?? wrapper.metatype;
      if (typeof type !== 'function' || !(type.prototype instanceof Object)) continue;
      const prototype = type.prototype as Record<string, unknown>;
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        const callback = prototype[method];
        if (typeof callback !== 'function') continue;
        const metadata = this.reflector.get<HandlerMetadata | undefined>(key, callback);
        if (!metadata) continue;
        // Called by itself: what the host binds around its routes, globally or not, is made for requests.
        const call = callback as Method<Context>;
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

/** A method that carries the decorator. */
interface Candidate<Context> {
  /** `Class.method`. */
  readonly place: string;
  readonly metadata: HandlerMetadata;
  /** Null where the method cannot be called outside a request. */
  readonly call: Method<Context> | null;
}
