import { parseDocument } from '../api/index.js';
import type { Claim, ExdataTransactions, Job } from '../dispatch/index.js';
import type { ExdataLog } from '../telemetry/index.js';
import { inSpan } from '../telemetry/index.js';
import type { AccountReads } from './accounts/index.js';
import type { DocumentHistory } from './document-history.js';
import { ExdataDocument } from './document.entity.js';
import { ExdataHandlerRun } from './handler-run.entity.js';
import type { HandlerRegistry, RegisteredHandler } from './handler-registry.js';
import type { ExdataDocumentContext } from './on-exdata-document.decorator.js';

export const handlerJobName = 'handler';

/** Runs one handler for one state of one extraction run. */
export class HandlerJob implements Job<ExdataHandlerRun> {
  readonly name = handlerJobName;
  readonly entity = ExdataHandlerRun;
  readonly where = { outcome: 'open' as const };

  constructor(
    private readonly reads: AccountReads,
    private readonly handlers: HandlerRegistry,
    private readonly history: DocumentHistory,
    private readonly transactions: ExdataTransactions,
    private readonly log: ExdataLog,
    readonly timeoutMs: number,
  ) {}

  async run(run: ExdataHandlerRun, claim: Claim): Promise<void> {
    const link = await this.transactions.run((manager) => manager.findOneByOrFail(ExdataDocument, { id: run.documentRowId }));
    if (link.runId !== null && run.runKey !== '-' && link.runId !== run.runKey) {
      // The extraction that could be fetched now is the later run's, for which a handler run of its own is open.
      await this.#end(run, link, claim, 'superseded', null);
      return;
    }
    const ids = {
      account: link.account,
      sourceType: link.sourceType,
      sourceId: link.sourceId,
      documentId: link.exdataId,
      requestId: link.requestId,
    };
    await inSpan('handler', ids, async (span) => {
      span.note('handler', run.handler);
      const handler = this.handlers.find(run.handler);
      if (!handler) throw new Error(`no provider has a handler with the id '${run.handler}' any more`);
      const document = parseDocument(run.observed);
      const extraction =
        run.status === 'completed' ? (await this.reads.extraction(link, document.id, { signal: claim.signal })).data : null;
      const effectKey = `${run.documentRowId}:${run.runKey}:${run.status}:${run.handler}`;
      await this.transactions.run(async (manager) => {
        await this.#call(handler, { status: run.status, document, extraction, link, manager, signal: claim.signal, effectKey });
        await this.#finish(manager, run, link, claim, 'done', null);
      });
      this.log.info('handler.done', ids, { handler: run.handler, status: run.status });
    });
  }

  /** What the handler throws is its own affair; the line says where to look, not what was said. */
  async #call(handler: RegisteredHandler, context: ExdataDocumentContext): Promise<void> {
    try {
      await handler.call(context);
    } catch (error) {
      const { account, sourceType, sourceId, exdataId, requestId } = context.link;
      const thrown = error instanceof Error ? error.name : 'unknown';
      this.log.warn(
        'handler.failed',
        { account, sourceType, sourceId, documentId: exdataId, requestId },
        { handler: handler.id, error: thrown },
      );
      throw error;
    }
  }

  async quarantine(run: ExdataHandlerRun, claim: Claim): Promise<void> {
    await this.giveUp(run, claim, new Error('poison: the process ended several times while this handler ran'));
  }

  async giveUp(run: ExdataHandlerRun, claim: Claim, error: unknown): Promise<void> {
    const link = await this.transactions.run((manager) => manager.findOneByOrFail(ExdataDocument, { id: run.documentRowId }));
    await this.#end(run, link, claim, 'dead', error instanceof Error ? error : new Error(String(error)));
    const ids = {
      account: link.account,
      sourceType: link.sourceType,
      sourceId: link.sourceId,
      documentId: link.exdataId,
      requestId: link.requestId,
    };
    this.log.error('handler.dead', ids, {
      handler: run.handler,
      status: run.status,
      error: error instanceof Error ? error.name : 'unknown',
    });
  }

  #end(
    run: ExdataHandlerRun,
    link: ExdataDocument,
    claim: Claim,
    outcome: ExdataHandlerRun['outcome'],
    error: Error | null,
  ): Promise<void> {
    return this.transactions.run((manager) => this.#finish(manager, run, link, claim, outcome, error));
  }

  async #finish(...[manager, run, link, claim, outcome, error]: FinishArguments): Promise<void> {
    await manager.update(ExdataHandlerRun, { id: run.id }, { outcome });
    await this.history.record(manager, link, `handler.${outcome}`, { requestId: run.requestId, detail: run.handler });
    await claim.settle(manager, error === null ? { kind: 'done', dueAt: null } : { kind: 'failed', dueAt: null, error: String(error) });
  }
}

type FinishArguments = [
  manager: Parameters<Claim['settle']>[0],
  run: ExdataHandlerRun,
  link: ExdataDocument,
  claim: Claim,
  outcome: ExdataHandlerRun['outcome'],
  error: Error | null,
];
