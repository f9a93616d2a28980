import { Injectable } from '@nestjs/common';
import { ExdataError, parseDocument } from '../api/index.js';
import type { ExdataDocumentData, ExdataExtraction } from '../api/index.js';
import type { Attempt } from '../dispatch/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { DeadLetterError, reasonFor } from './dead-letter.js';
import type { ExdataDeadLetterReason } from './dead-letter.js';
import { ExtractionReads } from './extraction-reads.js';
import { HandlerCalls } from './handler-calls.js';
import { HandlerRegistry } from './handler-registry.js';
import type { ExdataHandlerRun } from './handler-run.entity.js';
import { HandlerRunEnds, idsOfLink } from './handler-run-ends.js';
import type { HandlerRunSubject } from './handler-run-ends.js';
import { Inject } from '../injection/index.js';

/** Calls a handler of documents with what it is to be told. */
@Injectable()
export class DocumentHandlerCall {
  constructor(
    @Inject(HandlerRegistry) private readonly handlers: HandlerRegistry,
    @Inject(ExtractionReads) private readonly extractions: ExtractionReads,
    @Inject(HandlerCalls) private readonly calls: HandlerCalls,
    @Inject(HandlerRunEnds) private readonly ends: HandlerRunEnds,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /**
   * Resolves once the handler's writes and "done" are committed.
   * @throws {DeadLetterError} when what was kept of the document cannot be read, nor could its extraction be
   * @throws {Error} what the handler threw, or what the read of the extraction came to
   */
  async run(attempt: Attempt<ExdataHandlerRun>, { link, account }: HandlerRunSubject): Promise<void> {
    const { row: run, signal } = attempt;
    const { status } = run;
    const handler = this.handlers.find(run.handler);
    if (!handler) throw new Error(`no provider has a handler with the id '${run.handler}'`);
    const document = documentOf(run);
    const extraction = await this.#extraction(attempt, { link, account }, document);
    const effectKey = `${run.linkId}:${run.runKey}:${status}:${run.handler}`;
    const ids = idsOfLink(link);
    await this.calls.run(attempt, {
      handler: handler.id,
      ids,
      call: (manager) => handler.call({ status, document, extraction, link, manager, signal, effectKey }),
      finish: (write) => this.ends.done(write, attempt, link),
    });
    this.log.info('handler.done', ids, { handler: run.handler, status });
  }

  /** Why the attempts ended, by the last error. */
  reasonFor(attempt: Attempt<ExdataHandlerRun>, error: unknown): ExdataDeadLetterReason {
    // A handler may throw what looks like an answer of exdata's.
    if (this.calls.threw(error)) return 'handler';
    return reasonFor(error, attempt, error instanceof ExdataError ? 'confirm-failed' : 'handler');
  }

  async #extraction(
    { row: { status, work }, signal }: Attempt<ExdataHandlerRun>,
    { link, account }: HandlerRunSubject,
    { id }: ExdataDocumentData,
  ): Promise<ExdataExtraction | null> {
    if (status !== 'completed') return null;
    return this.extractions.of(link, id, { failures: work.failures, signal, seen: account });
  }
}

function documentOf({ observed }: ExdataHandlerRun): ExdataDocumentData {
  try {
    return parseDocument(observed);
  } catch {
    throw new DeadLetterError('parse', 'the document as it was seen cannot be read');
  }
}
