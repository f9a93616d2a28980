import { SetMetadata } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ExdataDocumentData, ExdataExtraction } from '../api/index.js';
import type { TerminalStatus } from './document-state.js';
import type { ExdataDocument } from './document.entity.js';

/** What a handler is given. */
export interface ExdataDocumentContext {
  readonly status: TerminalStatus;
  /** The document as exdata gave it. */
  readonly document: ExdataDocumentData;
  /** Field by field, value and candidates; null unless the document is completed. */
  readonly extraction: ExdataExtraction | null;
  /** The link to the local source, with the request id. */
  readonly link: ExdataDocument;
  /** Writes made through it are committed together with "done": both or neither. */
  readonly manager: EntityManager;
  /** Aborted when the handler's time is up or the application shuts down. */
  readonly signal: AbortSignal;
  /** The same for each attempt of this handler on this state of this run: pass it on wherever an effect leaves the database. */
  readonly effectKey: string;
}

export type ExdataDocumentHandler = (context: ExdataDocumentContext) => Promise<void> | void;

export interface OnExdataDocumentOptions {
  /** The handler's stable name; default `Class.method`. A handler that is renamed counts as another one. At most 191 characters. */
  readonly id?: string;
}

export const documentHandlerMetadata = 'exdata:document_handler';

export interface DocumentHandlerMetadata extends OnExdataDocumentOptions {
  readonly statuses: readonly TerminalStatus[];
}

/**
 * Calls the method once for each document and extraction run that reaches the state, whether a webhook or a poll saw it first.
 * It may be called again only if its transaction did not commit. The method gets an {@link ExdataDocumentContext}.
 */
export function OnExdataDocument(
  status: TerminalStatus | readonly TerminalStatus[],
  options: OnExdataDocumentOptions = {},
): MethodDecorator {
  const statuses = typeof status === 'string' ? [status] : [...status];
  return SetMetadata(documentHandlerMetadata, { ...options, statuses } satisfies DocumentHandlerMetadata);
}
