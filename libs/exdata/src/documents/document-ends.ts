import { Injectable } from '@nestjs/common';
import { EXDATA_CLOCK } from '../dispatch/index.js';
import type { ExdataClock, Write } from '../dispatch/index.js';
import { AccountHolds } from './accounts/index.js';
import { AlertBook } from './alerts/index.js';
import { isTerminal } from './document-state.js';
import type { TerminalStatus } from './document-state.js';
import type { ExdataLink } from './link.entity.js';
import { HandlerRuns } from './handler-runs.js';
import type { Observation, Standing } from './observe.js';
import { Inject } from '../injection/index.js';

/**
 * exdata does not publish its reasons for `blocked`; those that are about credits are known by the word (exdata docs:
 * Credits).
 */
const creditReason = /credit/i;

/**
 * Opens what a final state asks for the first time that it is seen: handlers, an alert, for a lack of credits the
 * account's hold.
 */
@Injectable()
export class DocumentEnds {
  constructor(
    @Inject(AccountHolds) private readonly holds: AccountHolds,
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(HandlerRuns) private readonly handlerRuns: HandlerRuns,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {}

  /** @param before how the row stood before the observation */
  async open(
    write: Write,
    row: ExdataLink,
    status: TerminalStatus,
    observation: Observation,
    before: Standing,
  ): Promise<void> {
    const { requestId } = observation;
    await this.handlerRuns.open(write, { row, status, requestId });
    // After the handlers were read: one that is registered later finds the document by this time.
    row.endedAt = this.clock.now();
    if (status === 'completed') return;
    if (status === 'blocked' && (observation.credits === true || creditReason.test(row.blockedReason ?? '')))
      await this.#lackOfCredits(write, row, requestId, before);
    else await this.#alert(write, row, status, requestId);
  }

  /** A person who asks for the document means handlers too that it ended without. */
  async openAgain(write: Write, row: ExdataLink, requestId: string | null): Promise<void> {
    if (isTerminal(row.state)) await this.handlerRuns.open(write, { row, status: row.state, requestId });
  }

  async #lackOfCredits(write: Write, row: ExdataLink, requestId: string | null, before: Standing): Promise<void> {
    const code = 'insufficient_credits';
    row.problem = { code, message: row.problem?.message ?? code, fields: null, retryAt: null };
    // The answer that blocked it has held the account already: it may have been released since.
    if (before.state === 'blocked' && before.exdataId === null) return;
    row.holdId = await this.holds.place(write, code, { document: row, code, requestId });
  }

  async #alert(write: Write, row: ExdataLink, status: TerminalStatus, requestId: string | null): Promise<void> {
    await this.alerts.raise(write, {
      kind: 'document_failed',
      many: true,
      account: row.account,
      cause: `${row.id}:${row.runId ?? '-'}:${status}`,
      code: row.problem?.code ?? status,
      message: `exdata ended the document as '${status}'; a person has to look`,
      requestId,
      document: row,
    });
  }
}
