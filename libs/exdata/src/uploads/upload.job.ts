import { Injectable } from '@nestjs/common';
import type { FindOptionsWhere } from 'typeorm';
import { ExdataError } from '../api/index.js';
import type { Attempt, Job } from '../dispatch/index.js';
import { PoisonError } from '../dispatch/index.js';
import { ExdataLink } from '../documents/index.js';
import type { Gate } from '../documents/index.js';
import { LostAnswers } from './lost-answers.js';
import { asBeforeFirstAttempt } from './upload-birth.js';
import { UploadCall } from './upload-call.js';
import { UploadFailures } from './upload-failures.js';
import { afterUploadError } from './upload-outcome.js';
import { UploadRefusals } from './upload-refusals.js';
import { beforeExdata, idsOf } from './upload-row.js';
import { UploadWaits } from './upload-waits.js';
import { UploadWriter } from './upload-writer.js';
import { Inject } from '../injection/index.js';

export const uploadJobName = 'upload';

/** Sends a document to exdata. */
@Injectable()
export class UploadJob implements Job<ExdataLink> {
  readonly name = uploadJobName;
  readonly entity = ExdataLink;
  readonly where: FindOptionsWhere<ExdataLink> = { state: beforeExdata };
  readonly asksAs = 'account';

  constructor(
    @Inject(UploadWaits) private readonly waits: UploadWaits,
    @Inject(UploadCall) private readonly call: UploadCall,
    @Inject(UploadWriter) private readonly writer: UploadWriter,
    @Inject(UploadRefusals) private readonly refusals: UploadRefusals,
    @Inject(UploadFailures) private readonly failures: UploadFailures,
    @Inject(LostAnswers) private readonly lost: LostAnswers,
  ) {}

  get timeoutMs(): number {
    // The call ends first, with an error that says what may have happened.
    return this.call.timeoutMs + 10_000;
  }

  async run(attempt: Attempt<ExdataLink>): Promise<void> {
    const { row, span, signal } = attempt;
    span.identify(idsOf(row));
    const isBegun = this.waits.hasJustPassed(row);
    asBeforeFirstAttempt(row);
    try {
      if (await this.#isToBeSent(attempt)) await this.#send(attempt, isBegun);
    } catch (error) {
      if (signal.aborted || !(error instanceof ExdataError)) return this.#interrupted(attempt, error);
      span.identify({ requestId: error.requestId });
      span.note('error_code', error.code);
      await this.#refused(attempt, error);
    }
  }

  async giveUp(attempt: Attempt<ExdataLink>, error: unknown): Promise<void> {
    const code = error instanceof ExdataError || error instanceof PoisonError ? error.code : 'internal';
    await this.#fail(attempt, code, error instanceof PoisonError ? error.message : String(error));
  }

  async #send(attempt: Attempt<ExdataLink>, isBegun: boolean): Promise<void> {
    const gate: Gate = isBegun ? { state: 'open', endsWait: false } : await this.#begin(attempt.row);
    if (gate.state !== 'open') return this.waits.keepBack(attempt, gate);
    await this.writer.accept(attempt, await this.call.send(attempt), 'upload', gate.endsWait);
  }

  /** Resolves to false where the attempt is settled without sending anything. */
  async #isToBeSent(attempt: Attempt<ExdataLink>): Promise<boolean> {
    if (!this.lost.mayBeForgotten(attempt.row)) return true;
    const gate = await this.waits.gateFor(attempt.row);
    if (gate.state === 'open') return !(await this.lost.reconcile(attempt, 'key_expired'));
    await this.waits.keepBack(attempt, gate);
    return false;
  }

  async #begin(row: ExdataLink): Promise<Gate> {
    const gate = await this.writer.begin(row);
    if (gate.state !== 'open' || gate.doubtsToken !== true) return gate;
    // Outside the transaction: the token's source may be slow.
    const looked = await this.waits.gateFor(row);
    return looked.state === 'open' ? this.writer.begin(row, true) : looked;
  }

  /** What failed before exdata could answer is tried again, unless exdata has been seen to have the document. */
  async #interrupted(attempt: Attempt<ExdataLink>, error: unknown): Promise<void> {
    const hasMoved = await this.writer.settleIfMoved(attempt).catch(() => false);
    if (!hasMoved) throw error;
    await this.writer.releaseBytes(attempt.row);
  }

  async #refused(attempt: Attempt<ExdataLink>, error: ExdataError): Promise<void> {
    const { row } = attempt;
    const outcome = afterUploadError(error, row.work.failures);
    if (outcome.kind === 'reconcile') {
      if (await this.lost.reconcile(attempt, error.code)) return;
      await this.#fail(attempt, error.code, `${error.message} exdata does not list such a document.`);
      return;
    }
    const { state, firstSentAt } = await this.refusals.write(attempt, error, outcome);
    if (state === 'rejected') await this.writer.releaseBytes(row);
    if (state === 'failed') await this.lost.linkIfFound(attempt, firstSentAt);
  }

  async #fail(attempt: Attempt<ExdataLink>, code: string, message: string): Promise<void> {
    const firstSentAt = await this.failures.write(attempt, code, message);
    await this.lost.linkIfFound(attempt, firstSentAt);
  }
}
