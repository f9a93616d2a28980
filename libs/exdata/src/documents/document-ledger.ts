import { Injectable } from '@nestjs/common';
import { EXDATA_CLOCK } from '../dispatch/index.js';
import type { Attempt, ExdataClock, Write } from '../dispatch/index.js';
import type { LifeIds } from '../telemetry/index.js';
import { ExdataLog } from '../telemetry/index.js';
import type { AccountKey } from './accounts/index.js';
import { keyOf } from './accounts/index.js';
import { DocumentEnds } from './document-ends.js';
import { DocumentHistory } from './document-history.js';
import { DocumentRefusals } from './document-refusals.js';
import { isTerminal } from './document-state.js';
import type { TerminalStatus } from './document-state.js';
import { ExdataLink } from './link.entity.js';
import { keptOf } from './kept-document.js';
import { observe } from './observe.js';
import type { Observation, Standing, Verdict } from './observe.js';
import { nextPollAt } from './poll-schedule.js';
import type { PollSchedule } from './poll-schedule.js';
import { EXDATA_POLLING } from '../config/index.js';
import { Inject } from '../injection/index.js';

/** What stands in the row since it was submitted, whatever exdata shows. */
const submitted: ReadonlySet<string> = new Set<keyof ExdataLink>([
  ...(['id', 'mode', 'account', 'sourceType', 'sourceId', 'generation', 'idempotencyKey', 'correlationId'] as const),
  ...(['sha256', 'size', 'filename', 'contentType', 'spoolId', 'reference', 'createdAt', 'reason'] as const),
  ...(['locale', 'customTypes', 'text', 'work'] as const),
]);

/** Writes the rows of documents. Every way in (upload answer, webhook, poll) ends in {@link take}. */
@Injectable()
export class DocumentLedger {
  constructor(
    @Inject(DocumentRefusals) private readonly refusals: DocumentRefusals,
    @Inject(DocumentEnds) private readonly ends: DocumentEnds,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(ExdataLog) private readonly log: ExdataLog,
    @Inject(EXDATA_POLLING) private readonly polling: PollSchedule,
  ) {}

  /**
   * Finds the row of a document seen at exdata: by its id, else by the correlation id that it carries as `requester`. A
   * document of the other mode is not the one that a row is linked to, whatever its id. The row is locked, to be handed
   * to {@link take}.
   */
  async match(write: Write, reader: AccountKey, seen: Observation['document']): Promise<ExdataLink | null> {
    const key = keyOf(reader);
    const known = await write.lockRow(ExdataLink, { ...key, exdataId: seen.id });
    if (known && !this.refusals.isAnother(known, seen)) return known;
    if (!seen.requester) return null;
    return write.lockRow(ExdataLink, { ...key, correlationId: seen.requester });
  }

  async lock(write: Write, rowId: string): Promise<ExdataLink> {
    const row = await write.lockRow(ExdataLink, { id: rowId });
    if (!row) throw new Error(`the ledger has no row ${rowId}`);
    return row;
  }

  /** As {@link take}, of the row of that id. Resolves to the row as it stands then. */
  async apply(
    write: Write,
    rowId: string,
    observation: Observation,
    attempt?: Attempt<ExdataLink>,
  ): Promise<ExdataLink> {
    const row = await this.lock(write, rowId);
    await this.take(write, row, observation, attempt);
    return row;
  }

  /**
   * `applyObservation`: takes what exdata showed over into the locked row, which stands as the ledger has it then, and
   * opens the work that follows. An attempt at the row is settled with it.
   */
  async take(write: Write, row: ExdataLink, observation: Observation, attempt?: Attempt<ExdataLink>): Promise<void> {
    const { document: seen } = observation;
    const isAnother = row.exdataId !== null && row.exdataId !== seen.id;
    if (row.erasedAt !== null || isAnother) {
      if (row.erasedAt === null) await this.#tellOfAnother(write, row, observation);
      await attempt?.settle(write, { kind: 'done', dueAt: this.nextStep(row) });
      return;
    }
    const events = (await this.#refuse(write, row, observation)) ? [] : await this.#takeIn(write, row, observation);
    await this.#record(write, row, events, observation);
    await this.#save(write, row, attempt);
  }

  /**
   * Settles an attempt that came to nothing, if the row has moved on meanwhile: what others have seen of the document
   * stands. Resolves to whether it has.
   */
  async settleIfMoved(write: Write, attempt: Attempt<ExdataLink>): Promise<boolean> {
    const { id, state } = attempt.row;
    const current = await write.lockRow(ExdataLink, { id });
    if (current?.exdataId == null || current.state === state) return false;
    await attempt.settle(write, { kind: 'done', dueAt: this.nextStep(current) });
    return true;
  }

  /** When the row is next to be worked on (epoch ms), as far as its state alone tells. */
  nextStep(row: ExdataLink): number | null {
    const now = this.clock.now();
    if (row.state === 'pending') return nextPollAt(this.polling, row.pendingSince ?? now, now);
    return row.exdataId === null ? row.work.dueAt : null;
  }

  /** The row is linked to another document of exdata's: the first link stands. */
  async #tellOfAnother(write: Write, row: ExdataLink, observation: Observation): Promise<void> {
    const { document: seen, requestId, deliveryId = null, via } = observation;
    const linkedTo = row.exdataId;
    const ids = idsOf(row, observation);
    write.afterCommit(() => this.log.error('document.conflict', ids, { linkedTo, via }));
    await this.history.record(write, row, 'conflict', {
      requestId,
      deliveryId,
      detail: `linked to ${String(linkedTo)}, seen as ${seen.id}`,
    });
  }

  /** Resolves to whether what exdata showed may not be taken over; then the row says why. */
  async #refuse(write: Write, row: ExdataLink, observation: Observation): Promise<boolean> {
    const { document: seen } = observation;
    if (this.refusals.isOfOtherMode(row, seen)) {
      await this.refusals.otherMode(write, row, observation);
      return true;
    }
    if (row.exdataId !== null || observation.isNew === true) return false;
    const twin = await write.findRow(ExdataLink, { ...keyOf(row), exdataId: seen.id });
    if (twin) await this.refusals.twin(write, row, twin, observation);
    return twin !== null;
  }

  /** Resolves to the events that are to be recorded of it. */
  async #takeIn(write: Write, row: ExdataLink, observation: Observation): Promise<string[]> {
    const { document: seen, requestId } = observation;
    const verdict = observe(row, seen);
    const before = { state: row.state, exdataId: row.exdataId, runId: row.runId };
    row.exdataId = seen.id;
    if (verdict.conflict) await this.#contradicted(write, row, observation);
    else if (!verdict.stale) this.#takeOver(row, verdict, observation);
    if (verdict.reached !== null) await this.ends.open(write, row, verdict.reached, observation, before);
    else if (observation.asked === true) await this.ends.openAgain(write, row, requestId);
    const linked = before.exdataId === null ? ['linked'] : [];
    const events = [...linked, ...this.#moved(write, row, observation, before)];
    if (verdict.unknownStatus && !verdict.stale) this.refusals.unknownStatus(write, row, observation);
    return events;
  }

  async #record(write: Write, row: ExdataLink, events: readonly string[], observation: Observation): Promise<void> {
    const { requestId, deliveryId = null, via: detail } = observation;
    await this.history.recordAll(
      write,
      row,
      events.map((what) => ({ what, requestId, deliveryId, detail })),
    );
  }

  async #contradicted(write: Write, row: ExdataLink, observation: Observation): Promise<void> {
    const { document: seen, requestId, deliveryId = null, via } = observation;
    const { state } = row;
    const ids = idsOf(row, observation);
    write.afterCommit(() => this.log.error('document.conflict', ids, { state, seen: seen.status, via }));
    row.flag = 'conflict';
    await this.history.record(write, row, 'conflict', {
      requestId,
      deliveryId,
      detail: `${state}, then seen as ${seen.status}`,
    });
  }

  /** The event of a move, which is told of too; none where the row stayed where it was. */
  #moved(write: Write, row: ExdataLink, observation: Observation, before: Standing): string[] {
    if (before.state === row.state && before.runId === row.runId) return [];
    const { state } = row;
    const ids = idsOf(row, observation);
    write.afterCommit(() => this.log.info(`document.${state}`, ids, { via: observation.via }));
    return [state];
  }

  /** Writes everything but the columns that a worker's lease is made of; those too where its attempt ends with it. */
  async #save(write: Write, row: ExdataLink, attempt?: Attempt<ExdataLink>): Promise<void> {
    row.updatedAt = write.now;
    const { id } = row;
    const columns = Object.fromEntries(Object.entries(row).filter(([name]) => !submitted.has(name)));
    // Also where a worker holds the row: one that dies over it settles nothing.
    const dueAt = this.nextStep(row);
    if (attempt) await attempt.settle(write, { kind: 'done', dueAt }, columns);
    else await write.updateRows(ExdataLink, { id }, { ...columns, work: { dueAt } });
  }

  #takeOver(
    row: ExdataLink,
    { state, runId, unknownStatus, reached }: Verdict,
    { document: seen, requestId }: Observation,
  ): void {
    if (state === 'pending' && row.state !== 'pending') row.pendingSince = this.clock.now();
    Object.assign(row, {
      state,
      runId,
      requestId: requestId ?? row.requestId,
      exdataStatus: seen.status,
      exdataMode: seen.mode ?? row.exdataMode,
      isEInvoice: seen.isEInvoice ?? row.isEInvoice,
      processingStage: seen.processingStage ?? null,
      processingError: seen.processingError ?? null,
      blockedReason: seen.blockedReason ?? null,
      observed: keptOf(seen.raw),
      flag: unknownStatus ? 'unknown_status' : row.flag === 'unknown_status' ? null : row.flag,
      // What is wrong with the extraction of a completed run is not mended by a look at the document.
      problem:
        state !== 'completed'
          ? isTerminal(state)
            ? problemOf(state, seen)
            : null
          : reached === null
            ? row.problem
            : null,
    });
    if (!isTerminal(state)) row.endedAt = null;
  }
}

function idsOf(
  { account, sourceType, sourceId }: ExdataLink,
  { document, requestId, deliveryId }: Observation,
): LifeIds {
  return { account, sourceType, sourceId, documentId: document.id, requestId, deliveryId };
}

function problemOf(state: Exclude<TerminalStatus, 'completed'>, seen: Observation['document']): ExdataLink['problem'] {
  const message =
    (state === 'error' ? seen.processingError : seen.blockedReason) ?? `exdata gave no reason for '${state}'`;
  return { code: state === 'error' ? 'processing_error' : 'blocked', message, fields: null, retryAt: null };
}
