import { Injectable } from '@nestjs/common';
import type { ExdataError } from '../api/index.js';
import { Writes } from '../dispatch/index.js';
import type { Write } from '../dispatch/index.js';
import { Inject } from '../injection/index.js';
import { AlertBook } from './alerts/index.js';
import { ExdataLink } from './link.entity.js';
import type { ExdataDocumentProblem } from './link.entity.js';
import { HandlerRuns } from './handler-runs.js';
import type { ReadOutcome } from './read-outcome.js';

/** A document by exdata's id; of a delivery it is not known whose it is. */
type Named = Pick<ExdataLink, 'mode' | 'account' | 'exdataId'> & Partial<Pick<ExdataLink, 'sourceType' | 'sourceId'>>;

/** Writes down that exdata's answers about a document cannot be read, and has it told to a person. */
@Injectable()
export class UnreadDocuments {
  constructor(
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(HandlerRuns) private readonly handlerRuns: HandlerRuns,
    @Inject(Writes) private readonly writes: Writes,
  ) {}

  /**
   * Of one that is completed, the extraction cannot be read: handlers of `unread` are called, once for each extraction
   * run.
   */
  async extraction(link: ExdataLink, error: ExdataError, outcome: ReadOutcome): Promise<void> {
    const { id } = link;
    await this.#unless(outcome, async (write) => {
      const row = await write.lockRow(ExdataLink, { id });
      if (row?.state !== 'completed' || row.runId !== link.runId || row.erasedAt !== null) return;
      await write.manager.update(ExdataLink, { id }, { problem: problemOf(error) });
      await this.handlerRuns.open(write, { row, status: 'unread', requestId: error.requestId ?? null });
      if (outcome === 'tell') await this.#alert(write, link, `run ${link.runId ?? '-'}`, error);
    });
  }

  /** One that is pending cannot be read itself. */
  async document(named: Named, error: ExdataError, outcome: ReadOutcome): Promise<void> {
    const { mode, account, exdataId } = named;
    if (exdataId === null) return;
    await this.#unless(outcome, async (write) => {
      await write.manager.update(
        ExdataLink,
        { mode, account, exdataId, state: 'pending' },
        { problem: problemOf(error) },
      );
      if (outcome === 'tell') await this.#alert(write, named, '-', error);
    });
  }

  /** One that is pending is looked at in vain. @param problem as it is to stand on the row */
  async pending(
    write: Write,
    row: ExdataLink,
    problem: ExdataDocumentProblem,
    requestId: string | null,
  ): Promise<void> {
    const { affected } = await write.manager.update(ExdataLink, { id: row.id, state: 'pending' }, { problem });
    if (affected !== 0) await this.#alert(write, row, '-', { code: problem.code, requestId });
  }

  async #unless(outcome: ReadOutcome, work: (write: Write) => Promise<void>): Promise<void> {
    if (outcome !== 'retry') await this.writes.run(work);
  }

  /** @param what the extraction run whose result cannot be read, or `-` for the document itself */
  async #alert(write: Write, named: Named, what: string, { code, requestId }: Unreadable): Promise<void> {
    const { account, exdataId } = named;
    const message = `exdata's answers about a document cannot be read (${code}); they are asked for again and again, but a person has to look`;
    await this.alerts.raise(write, {
      kind: 'document_unread',
      many: true,
      account,
      cause: `${String(exdataId)}:${what}:${code}`,
      code,
      message,
      requestId: requestId ?? null,
      document: named,
    });
  }
}

interface Unreadable {
  readonly code: string;
  readonly requestId?: string | null | undefined;
}

function problemOf({ code, message }: ExdataError): ExdataDocumentProblem {
  return { code, message, fields: null, retryAt: null };
}
