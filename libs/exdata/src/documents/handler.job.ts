import type { EntityManager } from 'typeorm';
import { ExdataError, parseDocument } from '../api/index.js';
import type { ExdataDocumentData, ExdataExtraction } from '../api/index.js';
import type { Claim, Clock, ExdataTransactions, Job, WorkService } from '../dispatch/index.js';
import { NotYetError } from '../dispatch/index.js';
import { countHandlerRun, inSpan } from '../telemetry/index.js';
import type { ExdataLog, LifeIds } from '../telemetry/index.js';
import type { AccountReads } from './accounts/index.js';
import type { AlertBook } from './alerts/index.js';
import { DeadLetterError, reasonFor } from './dead-letter.js';
import type { DeadLetterReason } from './dead-letter.js';
import type { DocumentHistory } from './document-history.js';
import { ExdataDocument } from './document.entity.js';
import type { HandlerCalls } from './handler-calls.js';
import { ExdataHandlerRun } from './handler-run.entity.js';
import type { HandlerRegistry } from './handler-registry.js';

export const handlerJobName = 'handler';

export interface HandlerJobParts {
  readonly reads: AccountReads;
  readonly handlers: HandlerRegistry;
  readonly calls: HandlerCalls;
  readonly history: DocumentHistory;
  readonly alerts: AlertBook;
  readonly transactions: ExdataTransactions;
  readonly work: WorkService;
  readonly clock: Clock;
  readonly log: ExdataLog;
}

/** Runs one handler for one state of one extraction run. */
export class HandlerJob implements Job<ExdataHandlerRun> {
  readonly name = handlerJobName;
  readonly entity = ExdataHandlerRun;
  readonly where = { outcome: 'open' as const };

  constructor(
    private readonly parts: HandlerJobParts,
    readonly timeoutMs: number,
    /** How long a run waits for its account, in milliseconds. */
    private readonly waitTotalMs: number,
  ) {}

  async run(run: ExdataHandlerRun, claim: Claim): Promise<void> {
    const link = await this.#linkOf(run);
    if (link.runId !== null && run.runKey !== '-' && link.runId !== run.runKey) {
      // The extraction that could be fetched now is the later run's, for which a handler run of its own is open.
      await this.parts.transactions.run((manager) => this.#settle(manager, run, link, claim, 'superseded'));
      return;
    }
    await inSpan('handler', idsOf(link), async (span) => {
      span.note('handler', run.handler);
      try {
        await this.#call(run, link, claim);
      } catch (error) {
        const final = this.#final(run, error);
        if (!final) throw error;
        await this.giveUp(run, claim, final);
      }
    });
  }

  async quarantine(run: ExdataHandlerRun, claim: Claim): Promise<void> {
    await this.giveUp(run, claim, new DeadLetterError('poison', 'the process ended several times while this handler ran'));
  }

  async giveUp(run: ExdataHandlerRun, claim: Claim, error: unknown): Promise<void> {
    const { alerts, transactions, work, log } = this.parts;
    const link = await this.#linkOf(run);
    const reason = this.#reasonFor(error, claim);
    const message = `the handler ${run.handler} was given up for a document that is '${run.status}'; mend what stopped it, then redrive or discard its run`;
    // One that a person has put to work again, and that dies again, is told of again.
    const cause = `handler:${run.id}:${String(run.reopenedAt ?? 0)}`;
    const { account, requestId } = link;
    const wake = await transactions.run(async (manager) => {
      await this.#settle(manager, run, link, claim, 'dead', reason, error instanceof Error ? error : new Error(String(error)));
      return alerts.enter(manager, { kind: 'dead_letter', account, cause, code: reason, message, requestId, document: link });
    });
    await work.dispatchAll(wake);
    log.error('handler.dead', idsOf(link), { handler: run.handler, status: run.status, reason });
  }

  async #call(run: ExdataHandlerRun, link: ExdataDocument, claim: Claim): Promise<void> {
    const { handlers, calls, log } = this.parts;
    const handler = handlers.find(run.handler);
    if (!handler) throw new Error(`no provider has a handler with the id '${run.handler}' any more`);
    const { status } = run;
    const document = documentOf(run);
    const extraction = await this.#extraction(run, link, document, claim);
    const effectKey = `${run.documentRowId}:${run.runKey}:${status}:${run.handler}`;
    const ids = idsOf(link);
    await calls.run(claim, {
      handler: handler.id,
      ids,
      call: (manager) => handler.call({ status, document, extraction, link, manager, signal: claim.signal, effectKey }),
      finish: (manager) => this.#settle(manager, run, link, claim, 'done'),
    });
    log.info('handler.done', ids, { handler: run.handler, status });
  }

  async #extraction(
    { status }: ExdataHandlerRun,
    link: ExdataDocument,
    { id }: ExdataDocumentData,
    claim: Claim,
  ): Promise<ExdataExtraction | null> {
    return status === 'completed' ? (await this.parts.reads.extraction(link, id, { signal: claim.signal })).data : null;
  }

  #linkOf({ documentRowId }: ExdataHandlerRun): Promise<ExdataDocument> {
    return this.parts.transactions.run((manager) => manager.findOneByOrFail(ExdataDocument, { id: documentRowId }));
  }

  /** What ends the run at once: what cannot go better, and having waited too long for its account. */
  #final({ createdAt, reopenedAt }: ExdataHandlerRun, error: unknown): DeadLetterError | null {
    if (error instanceof DeadLetterError) return error;
    const waited = this.parts.clock.now() - (reopenedAt ?? createdAt);
    return error instanceof NotYetError && waited > this.waitTotalMs ? new DeadLetterError('expired', error.code) : null;
  }

  #reasonFor(error: unknown, claim: Claim): DeadLetterReason {
    // A handler may throw what looks like an answer of exdata's.
    if (this.parts.calls.threw(error)) return 'handler';
    return reasonFor(error, claim, error instanceof ExdataError ? 'confirm-failed' : 'handler');
  }

  async #settle(...[manager, run, link, claim, outcome, reason = null, error]: SettleArguments): Promise<void> {
    await manager.update(ExdataHandlerRun, { id: run.id }, { outcome, reason, endedAt: this.parts.clock.now() });
    await this.parts.history.record(manager, link, `handler.${outcome}`, { requestId: run.requestId, detail: run.handler });
    await claim.settle(
      manager,
      error === undefined ? { kind: 'done', dueAt: null } : { kind: 'failed', dueAt: null, error: String(error) },
    );
    countHandlerRun(run.handler, outcome, reason);
  }
}

type SettleArguments = [
  manager: EntityManager,
  run: ExdataHandlerRun,
  link: ExdataDocument,
  claim: Claim,
  outcome: ExdataHandlerRun['outcome'],
  reason?: DeadLetterReason | null,
  error?: Error,
];

/** @throws {DeadLetterError} when what was kept of it cannot be read */
function documentOf({ observed }: ExdataHandlerRun): ExdataDocumentData {
  try {
    return parseDocument(observed);
  } catch {
    throw new DeadLetterError('parse', 'the document as it was seen cannot be read');
  }
}

function idsOf({ account, sourceType, sourceId, exdataId, requestId }: ExdataDocument): LifeIds {
  return { account, sourceType, sourceId, documentId: exdataId, requestId };
}
