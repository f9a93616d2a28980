import { Injectable } from '@nestjs/common';
import type { ExdataError } from '../api/index.js';
import { ExdataInsufficientCreditsError, refusedTokenPrint } from '../api/index.js';
import type { Attempt, Write } from '../dispatch/index.js';
import { Writes } from '../dispatch/index.js';
import type { ExdataDocumentState } from '../documents/index.js';
import { AccountHolds, AccountLimits, DocumentLedger, ExdataLink } from '../documents/index.js';
import { RefusalLines } from './refusal-lines.js';
import type { Refusal } from './refused-row.js';
import { RefusedRow } from './refused-row.js';
import { holdReasonOf } from './upload-outcome.js';
import { Inject } from '../injection/index.js';

type Outcome = Refusal['outcome'];

/** Where a refused upload stands now. */
interface Standing {
  readonly state: ExdataDocumentState;
  /** When it is tried again (epoch ms). */
  readonly retryAt: number | null;
  /** When exdata may first have got it (epoch ms), over all attempts; null where it cannot have got it. */
  readonly firstSentAt: number | null;
}

/** Writes into the ledger what exdata, or the way to it, refused. */
@Injectable()
export class UploadRefusals {
  constructor(
    @Inject(Writes) private readonly writes: Writes,
    @Inject(AccountHolds) private readonly holds: AccountHolds,
    @Inject(AccountLimits) private readonly limits: AccountLimits,
    @Inject(DocumentLedger) private readonly ledger: DocumentLedger,
    @Inject(RefusedRow) private readonly refusedRow: RefusedRow,
    @Inject(RefusalLines) private readonly lines: RefusalLines,
  ) {}

  /** Settles the attempt, in one transaction with its fence. */
  async write(attempt: Attempt<ExdataLink>, error: ExdataError, outcome: Outcome): Promise<Standing> {
    const { row } = attempt;
    if (holdReasonOf(outcome) === 'authentication_failed') this.holds.suspectToken(row.account);
    const standing = await this.writes.run(async (write): Promise<Standing> => {
      const holdId = await this.#tellAccount(write, row, error, outcome);
      const current = await write.lockRow(ExdataLink, { id: row.id });
      // A webhook may have shown meanwhile that exdata has the document; then that stands.
      if (current?.exdataId !== null) {
        await attempt.settle(write, { kind: 'done', dueAt: current ? this.ledger.nextStep(current) : null });
        return { state: current?.state ?? row.state, retryAt: null, firstSentAt: null };
      }
      await this.#keepBlocked(write, row, error);
      const refused = this.refusedRow.stateOf(row, { error, outcome, holdId }, write.now);
      // The key's age counts from the first attempt that exdata may have taken.
      const firstSentAt = error.mayHaveCreatedDocument ? current.firstSentAt : row.firstSentAt;
      await this.refusedRow.write(write, row, refused, error, firstSentAt);
      await attempt.settle(write, refused.settlement);
      return { state: refused.state, retryAt: refused.settlement.dueAt, firstSentAt };
    });
    this.lines.tell(row, error, outcome, standing.state, standing.retryAt);
    return standing;
  }

  /** What the refusal means for the account. Resolves to the id of the hold that it led to. */
  async #tellAccount(write: Write, row: ExdataLink, error: ExdataError, outcome: Outcome): Promise<string | null> {
    const { id, account, sourceType, sourceId } = row;
    const document = { id, account, sourceType, sourceId, exdataId: error.documentId ?? row.exdataId };
    const tokenPrint = (key: string): string | null => refusedTokenPrint(error, key);
    const seen = { document, code: error.code, requestId: error.requestId ?? null, tokenPrint };
    if (outcome.kind === 'limit') await this.limits.note(write, write.now + outcome.waitMs, seen);
    const reason = holdReasonOf(outcome);
    return reason && (await this.holds.place(write, reason, seen));
  }

  /** With 402 exdata keeps the document, blocked. */
  async #keepBlocked(write: Write, row: ExdataLink, error: ExdataError): Promise<void> {
    const document = error instanceof ExdataInsufficientCreditsError ? error.document : undefined;
    if (document)
      await this.ledger.apply(write, row.id, {
        document,
        via: 'upload',
        requestId: error.requestId ?? '',
        credits: true,
      });
  }
}
