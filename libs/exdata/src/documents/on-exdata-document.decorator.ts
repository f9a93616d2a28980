import { SetMetadata } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ExdataDocumentData, ExdataExtraction } from '../api/index.js';
import type { ExdataHandlerFrom, HandlerMetadata } from '../handlers/index.js';
import type { ExdataHandledStatus } from './document-state.js';
import type { ExdataLink } from './link.entity.js';

/** What a handler is given. */
export interface ExdataDocumentContext {
  readonly status: ExdataHandledStatus;
  /** The document as exdata gave it. */
  readonly document: ExdataDocumentData;
  /** Field by field, value and candidates; null unless the status is `completed`. */
  readonly extraction: ExdataExtraction | null;
  /** The link to the local source, with the request id. */
  readonly link: ExdataLink;
  /** Writes made through it are committed together with "done": both or neither. */
  readonly manager: EntityManager;
  /** Aborted when the handler's time is up or the application shuts down. */
  readonly signal: AbortSignal;
  /**
   * The same for each attempt of this handler on this state of this run: pass it on wherever an effect leaves the
   * database.
   */
  readonly effectKey: string;
}

export type ExdataDocumentHandler = (context: ExdataDocumentContext) => Promise<void> | void;

export interface OnExdataDocumentOptions {
  /**
   * The handler's stable name; default `Class.method`. A handler that is renamed counts as another one. At most 191
   * characters.
   */
  readonly id?: string;
  /** Since when documents that ended are the handler's; see {@link ExdataHandlerFrom}. */
  readonly from?: ExdataHandlerFrom;
}

export const documentHandlerMetadata = 'exdata:document_handler';

/**
 * Calls the method once for each document and extraction run that reaches the state, whether a webhook or a poll saw it
 * first, and in whichever process: those that have the handler run it. It may be called again only if its transaction
 * did not commit. The method gets an {@link ExdataDocumentContext}.
 *
 * `unread` is no state of exdata's: the document is completed, and its extraction cannot be read; `link.problem` says
 * why. Handlers of `completed` are called all the same once it can be, and whoever handles both has to bear either
 * order.
 */
export function OnExdataDocument(
  status: ExdataHandledStatus | readonly ExdataHandledStatus[],
  options: OnExdataDocumentOptions = {},
): MethodDecorator {
  const topics = typeof status === 'string' ? [status] : [...status];
  return SetMetadata(documentHandlerMetadata, { ...options, topics } satisfies HandlerMetadata);
}
