import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { ExdataError, parseDocument } from '../api/index.js';
import type { ExdataDocumentData, ExdataExtraction } from '../api/index.js';
import type { Attempt, Write } from '../dispatch/index.js';
import { Writes } from '../dispatch/index.js';
import { DeadLetterError, HandlerScan, reasonFor } from '../handlers/index.js';
import type { ExdataDeadLetterReason, HandlerCall, HandlerSubject, RunEnd } from '../handlers/index.js';
import type { LifeIds } from '../telemetry/index.js';
import { ExdataAccountState } from './accounts/index.js';
import { AlertBook, deadRun } from './alerts/index.js';
import { DocumentHistory } from './document-history.js';
import { DocumentOffers } from './document-offers.js';
import { isHandled } from './document-state.js';
import { ExtractionReads } from './extraction-reads.js';
import { ExdataHandlerRun } from './handler-run.entity.js';
import { handlerJobName } from './handler-runs.js';
import { ExdataLink } from './link.entity.js';
import { documentHandlerMetadata } from './on-exdata-document.decorator.js';
import type { ExdataDocumentContext, ExdataDocumentHandler } from './on-exdata-document.decorator.js';
import { Inject } from '../injection/index.js';

type Run = ExdataHandlerRun;

/** What a run of a handler is about. */
interface Thing {
  readonly link: ExdataLink;
  /** How its account stands; null where it has no row. */
  readonly account: ExdataAccountState | null;
}

/** Documents that have ended, as what handlers are called for. */
@Injectable()
export class DocumentSubject implements HandlerSubject<Run, Thing>, OnModuleInit {
  readonly name = 'document';
  readonly job = handlerJobName;
  readonly entity = ExdataHandlerRun;
  readonly asksAs = 'asksAs';
  #handlers: ReadonlyMap<string, ExdataDocumentHandler> = new Map();

  constructor(
    @Inject(DocumentOffers) readonly offers: DocumentOffers,
    @Inject(HandlerScan) private readonly scan: HandlerScan,
    @Inject(ExtractionReads) private readonly extractions: ExtractionReads,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(Writes) private readonly writes: Writes,
  ) {}

  onModuleInit(): void {
    this.#handlers = this.scan.find<ExdataDocumentContext>({
      subject: this.name,
      key: documentHandlerMetadata,
      decorator: '@OnExdataDocument',
      faultOf: (topics) =>
        topics.every(isHandled) ? null : "the states are 'completed', 'error', 'blocked' and 'unread'.",
    });
  }

  thingOf({ linkId: id }: Run): Promise<Thing> {
    return this.writes.once(async (manager) => {
      const found = manager
        .createQueryBuilder(ExdataLink, 'link')
        .leftJoinAndMapOne(
          'link.standing',
          ExdataAccountState,
          'standing',
          'standing.mode = link.mode and standing.account = link.account',
        )
        .where({ id });
      const link: ExdataLink & { standing?: ExdataAccountState | null } = await found.getOneOrFail();
      const { standing: account = null } = link;
      // Handlers get the row as it is in the ledger.
      delete link.standing;
      return { link, account };
    });
  }

  idsOf(_: Run, { link: { account, sourceType, sourceId, exdataId, requestId } }: Thing): LifeIds {
    return { account, sourceType, sourceId, documentId: exdataId, requestId };
  }

  /** The extraction is a later one's by now, or that which could not be read has been. */
  isSuperseded({ status, runKey }: Run, { link }: Thing): boolean {
    const isMended = status === 'unread' && link.problem === null;
    return isMended || (link.runId !== null && runKey !== '-' && link.runId !== runKey);
  }

  /** @throws {DeadLetterError} when what was kept of the document cannot be read, nor could its extraction be */
  async callOf(attempt: Attempt<Run>, thing: Thing): Promise<HandlerCall> {
    const { row: run, signal } = attempt;
    const { linkId, runKey, status, handler } = run;
    const { link } = thing;
    const method = this.#handlers.get(handler);
    if (!method) throw new Error(`no provider has a handler with the id '${handler}'`);
    const document = documentOf(run);
    const extraction = await this.#extraction(attempt, thing, document);
    const effectKey = `${linkId}:${runKey}:${status}:${handler}`;
    const told = { status, document, extraction, link, signal, effectKey };
    return { call: (manager) => method({ ...told, manager }), fields: { status } };
  }

  reasonFor(error: unknown, attempt: Attempt<Run>, threw: boolean): ExdataDeadLetterReason {
    // A handler may throw what looks like an answer of exdata's.
    if (threw) return 'handler';
    return reasonFor(error, attempt, error instanceof ExdataError ? 'confirm-failed' : 'handler');
  }

  async end(write: Write, run: Run, { link }: Thing, { outcome, reason, error }: RunEnd): Promise<void> {
    const { requestId, handler, status } = run;
    // Its extraction could be read after all.
    if (outcome === 'done' && status === 'completed' && link.problem !== null)
      await write.manager.update(ExdataLink, { id: link.id, state: 'completed' }, { problem: null });
    await this.history.record(write, link, `handler.${outcome}`, { requestId, detail: handler });
    if (reason !== null) await this.#alert(write, run, link, reason, error);
  }

  deadFields({ status }: Run): HandlerCall['fields'] {
    return { status };
  }

  async discarded(write: Write, { linkId, handler }: Run): Promise<void> {
    await this.history.record(write, { id: linkId }, 'handler.discarded', { detail: handler });
  }

  async #extraction(
    { row: { status, work }, signal }: Attempt<Run>,
    { link, account }: Thing,
    { id }: ExdataDocumentData,
  ): Promise<ExdataExtraction | null> {
    if (status !== 'completed') return null;
    return this.extractions.of(link, id, { failures: work.failures, signal, seen: account });
  }

  async #alert(write: Write, run: Run, link: ExdataLink, code: ExdataDeadLetterReason, error: unknown): Promise<void> {
    // In words of ours; what a handler throws is its own affair.
    const why = error instanceof DeadLetterError ? ` (${error.message})` : '';
    const { account, requestId } = link;
    const dead = deadRun(run, code, `a document that is '${run.status}'${why}`);
    await this.alerts.raise(write, { ...dead, account, requestId, document: link });
  }
}

function documentOf({ observed }: Run): ExdataDocumentData {
  try {
    return parseDocument(observed);
  } catch {
    throw new DeadLetterError('parse', 'the document as it was seen cannot be read');
  }
}
