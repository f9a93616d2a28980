import { SetMetadata } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ExdataMode } from '../../dispatch/index.js';
import type { ExdataHandlerFrom, HandlerMetadata } from '../../handlers/index.js';

/** exdata names `document.completed` alone, and says that there are others (exdata docs: Webhooks). */
export type ExdataEventType = 'document.completed' | (string & Record<never, never>);

/** A delivery as it came. Nothing of it has been confirmed at exdata: that is what `@OnExdataDocument` is for. */
export interface ExdataDeliveryContext {
  /** Id of its row, as `ExdataDeliveryService` takes it. */
  readonly id: string;
  /** The process's: a key of your own that is made of `account` is made of it too. */
  readonly mode: ExdataMode;
  readonly account: string;
  /** X-Delivery: a hint, it is not signed. */
  readonly deliveryId: string;
  /** As the signed body names it; where it does not, as the header does. */
  readonly event: string;
  /** The body read as JSON, whatever its shape; null where it is none. */
  readonly body: unknown;
  /** The signed bytes. */
  readonly rawBody: Buffer;
  /** exdata's id of the document that the body names. */
  readonly documentId: string | null;
  /** Id of the row of the first delivery of these bytes, where this is another one. */
  readonly replayOf: string | null;
  /** Epoch ms. */
  readonly receivedAt: number;
  /** Writes made through it are committed together with "done": both or neither. */
  readonly manager: EntityManager;
  /** Aborted when the handler's time is up or the application shuts down. */
  readonly signal: AbortSignal;
  /** The same for each attempt of this handler on these bytes: pass it on wherever an effect leaves the database. */
  readonly effectKey: string;
}

export type ExdataDeliveryHandler = (context: ExdataDeliveryContext) => Promise<void> | void;

export interface OnExdataDeliveryOptions {
  /**
   * The handler's stable name; default `Class.method`. A handler that is renamed counts as another one. At most 191
   * characters.
   */
  readonly id?: string;
  /**
   * Since when deliveries that came are the handler's, as far back as their bodies are kept; see
   * {@link ExdataHandlerFrom}.
   */
  readonly from?: ExdataHandlerFrom;
  /**
   * Whether it is also called for bytes that had come before under another id; default false. Nobody can tell a second
   * event of equal bytes from a replay: set it where the handler may run again for nothing, and must not miss one.
   */
  readonly replays?: boolean;
}

export const deliveryHandlerMetadata = 'exdata:delivery_handler';

/**
 * Calls the method once for the signed bytes of each delivery of the event, `'*'` for all, also those that this version
 * does not know, in a process that has the handler. It may be called again only if its transaction did not commit. The
 * method gets an {@link ExdataDeliveryContext}.
 */
export function OnExdataDelivery(
  event: ExdataEventType | readonly ExdataEventType[],
  options: OnExdataDeliveryOptions = {},
): MethodDecorator {
  const topics = typeof event === 'string' ? [event] : [...event];
  return SetMetadata(deliveryHandlerMetadata, { ...options, topics } satisfies HandlerMetadata);
}
