import { Injectable } from '@nestjs/common';
import type { Attempt, Settlement, Write } from '../dispatch/index.js';
import { FaultBook, Writes } from '../dispatch/index.js';
import { countHandlerRun, ExdataLog } from '../telemetry/index.js';
import type { LifeIds } from '../telemetry/index.js';
import { AlertBook } from './alerts/index.js';
import { DeadLetterError } from './dead-letter.js';
import type { ExdataDeadLetterReason } from './dead-letter.js';
import { DocumentHistory } from './document-history.js';
import { ExdataAccountState } from './accounts/index.js';
import { ExdataLink } from './link.entity.js';
import type { ExdataHandlerRun } from './handler-run.entity.js';
import { Inject } from '../injection/index.js';

type RunAttempt = Attempt<ExdataHandlerRun>;

/** What a run of a handler is about. */
export interface HandlerRunSubject {
  readonly link: ExdataLink;
  /** How its account stands; null where it has no row. */
  readonly account: ExdataAccountState | null;
}

/** Writes what became of a handler's run for a document. */
@Injectable()
export class HandlerRunEnds {
  constructor(
    @Inject(Writes) private readonly writes: Writes,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** What the run is for, in one look. */
  subjectOf({ linkId: id }: ExdataHandlerRun): Promise<HandlerRunSubject> {
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

  /** In the handler's own transaction. */
  async done(write: Write, attempt: RunAttempt, link: ExdataLink): Promise<void> {
    // Its extraction could be read after all.
    if (attempt.row.status === 'completed' && link.problem !== null)
      await write.manager.update(ExdataLink, { id: link.id, state: 'completed' }, { problem: null });
    await this.#write(write, attempt, link, { outcome: 'done', reason: null });
  }

  /**
   * Another run of a handler does what this one would: the extraction is a later one's by now, or that which could not
   * be read has been.
   */
  async superseded(attempt: RunAttempt, link: ExdataLink): Promise<void> {
    await this.writes.run(async (write) => {
      await this.#write(write, attempt, link, { outcome: 'superseded', reason: null });
    });
  }

  /** Gives the run up, and tells a person. */
  async dead(attempt: RunAttempt, reason: ExdataDeadLetterReason, error: unknown): Promise<void> {
    const { row: run } = attempt;
    const { link } = await this.subjectOf(run);
    await this.writes.run(async (write) => {
      await this.#write(write, attempt, link, { outcome: 'dead', reason }, error);
      await this.#alert(write, run, link, reason, error);
    });
    const fields = { handler: run.handler, status: run.status, reason };
    const tell = (count: number): void => this.log.error('handler.dead', idsOfLink(link), { ...fields, count });
    this.faults.noteEach('dead_handler', tell, run.handler);
  }

  async #alert(
    write: Write,
    run: ExdataHandlerRun,
    link: ExdataLink,
    code: ExdataDeadLetterReason,
    error: unknown,
  ): Promise<void> {
    // In words of ours; what a handler throws is its own affair.
    const why = error instanceof DeadLetterError ? ` (${error.message})` : '';
    const message = `the handler ${run.handler} was given up for a document that is '${run.status}'${why}; mend what stopped it, then redrive or discard its run`;
    // One that a person has put to work again, and that dies again, is told of again.
    const cause = `handler:${run.id}:${String(run.reopenedAt ?? 0)}`;
    const { account, requestId } = link;
    await this.alerts.raise(write, {
      kind: 'dead_letter',
      many: true,
      account,
      cause,
      code,
      message,
      requestId,
      document: link,
    });
  }

  async #write(
    write: Write,
    attempt: RunAttempt,
    link: ExdataLink,
    { outcome, reason }: RunEnd,
    error?: unknown,
  ): Promise<void> {
    const { handler, requestId } = attempt.row;
    await attempt.settle(write, endOf(outcome, error), { outcome, reason, endedAt: write.now });
    await this.history.record(write, link, `handler.${outcome}`, { requestId, detail: handler });
    write.afterCommit(() => countHandlerRun(handler, outcome, reason));
  }
}

interface RunEnd {
  readonly outcome: 'done' | 'superseded' | 'dead';
  readonly reason: ExdataDeadLetterReason | null;
}

function endOf(outcome: RunEnd['outcome'], error: unknown): Settlement {
  if (outcome !== 'dead') return { kind: 'done', dueAt: null };
  return { kind: 'failed', dueAt: null, error: String(error instanceof Error ? error : new Error(String(error))) };
}

export function idsOfLink({ account, sourceType, sourceId, exdataId, requestId }: ExdataLink): LifeIds {
  return { account, sourceType, sourceId, documentId: exdataId, requestId };
}
