import { Injectable } from '@nestjs/common';
import type { Attempt, ExdataClock } from '../dispatch/index.js';
import { EXDATA_CLOCK, Writes } from '../dispatch/index.js';
import type { ExdataLink, Gate } from '../documents/index.js';
import { AccountGate, AccountRows, DocumentHistory, GatePasses, holdMessages } from '../documents/index.js';
import { wasBegunWithInsert } from './upload-birth.js';
import { moveRow } from './upload-row.js';
import { Inject } from '../injection/index.js';

type Held = Extract<Gate, { state: 'held' }>;
type Limited = Extract<Gate, { state: 'limited' }>;
type Left = Extract<Gate, { state: 'left' }>;

/** Lets rows wait while nothing may be sent for their account. */
@Injectable()
export class UploadWaits {
  constructor(
    @Inject(Writes) private readonly writes: Writes,
    @Inject(AccountGate) private readonly gate: AccountGate,
    @Inject(AccountRows) private readonly accounts: AccountRows,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(GatePasses) private readonly passes: GatePasses,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {}

  /**
   * Whether the row was inserted as one that may be sent, just now: with its upload begun, and nothing has closed the
   * account's gate since. To be asked once for each attempt.
   */
  hasJustPassed(row: ExdataLink): boolean {
    return this.passes.use(row.id) && wasBegunWithInsert(row, this.clock.now());
  }

  /** Whether the row may be sent now. */
  gateFor(row: ExdataLink): Promise<Gate> {
    return this.gate.forUpload(row);
  }

  /** Settles an attempt that came to a closed gate. */
  keepBack(attempt: Attempt<ExdataLink>, gate: Held | Limited | Left): Promise<void> {
    if (gate.state === 'left') return this.#leave(attempt, gate);
    return gate.state === 'held' ? this.#park(attempt, gate) : this.#wait(attempt, gate);
  }

  /** The account is on hold: the row is parked until the hold is released. */
  async #park(attempt: Attempt<ExdataLink>, { holdId, reason }: Held): Promise<void> {
    const { row } = attempt;
    await this.writes.run(async (write) => {
      const account = await this.accounts.lock(write, row.account);
      if (account.holdId !== holdId) {
        // Released meanwhile: what wakes the held rows may have passed this one by.
        await attempt.settle(write, { kind: 'wait', dueAt: write.now, error: reason });
        return;
      }
      const problem = { code: reason, message: holdMessages[reason], fields: null, retryAt: null };
      const { firstSentAt } = row;
      const state = row.state === 'uploading' ? 'unconfirmed' : row.state;
      await moveRow(write, row, { state, firstSentAt, holdId, problem });
      if (row.holdId !== holdId) await this.history.record(write, row, 'held', { detail: reason });
      await attempt.settle(write, { kind: 'wait', dueAt: null, error: reason });
    });
  }

  /** Another process is to send the row: it is due at once, and stands as it stood. */
  async #leave(attempt: Attempt<ExdataLink>, { code }: Left): Promise<void> {
    await this.writes.run((write) => attempt.settle(write, { kind: 'wait', dueAt: write.now, error: code }));
  }

  /** The account has to wait: so does the row, and burns no attempt. */
  async #wait(attempt: Attempt<ExdataLink>, { until, code }: Limited): Promise<void> {
    const message = 'exdata asked the account to wait; the upload goes on by itself';
    const problem = { code, message, fields: null, retryAt: until };
    await this.writes.run(async (write) => {
      const { state, firstSentAt } = attempt.row;
      await moveRow(write, attempt.row, { state, firstSentAt, problem });
      await attempt.settle(write, { kind: 'wait', dueAt: until, error: code });
    });
  }
}
