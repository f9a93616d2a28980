import { Not, IsNull } from 'typeorm';
import { ExdataError } from '../api/index.js';
import type { Claim, Clock, ExdataTransactions, Job, WorkService } from '../dispatch/index.js';
import { inSpan } from '../telemetry/index.js';
import type { AccountReads } from './accounts/index.js';
import type { DocumentLedger } from './document-ledger.js';
import { ExdataDocument } from './document.entity.js';

/** Looks at a pending document whose webhook has not come. */
export class PollJob implements Job<ExdataDocument> {
  readonly name = 'poll';
  readonly entity = ExdataDocument;
  readonly where = { state: 'pending' as const, exdataId: Not(IsNull()) };

  constructor(
    private readonly reads: AccountReads,
    private readonly ledger: DocumentLedger,
    private readonly transactions: ExdataTransactions,
    private readonly work: WorkService,
    private readonly clock: Clock,
    readonly timeoutMs: number,
    private readonly slowestMs: number,
  ) {}

  async run(row: ExdataDocument, claim: Claim): Promise<void> {
    try {
      await this.#look(row, claim);
    } catch (error) {
      // A webhook may have come first; then nothing is left to be looked at.
      if (!(await this.ledger.leave(row, claim).catch(() => false))) throw error;
    }
  }

  async #look(row: ExdataDocument, claim: Claim): Promise<void> {
    const ids = { account: row.account, sourceType: row.sourceType, sourceId: row.sourceId, documentId: row.exdataId };
    await inSpan('poll', ids, async (span) => {
      const answer = await this.reads.document(row, row.exdataId ?? '', { signal: claim.signal });
      span.identify({ requestId: answer.requestId });
      const applied = await this.transactions.run(async (manager) => {
        const result = await this.ledger.apply(manager, row.id, { document: answer.data, via: 'poll', requestId: answer.requestId });
        await claim.settle(manager, { kind: 'done', dueAt: this.ledger.nextStep(result.document) });
        return result;
      });
      await this.work.dispatchAll(applied.wake);
    });
  }

  /** Looking harms nothing: a row whose looks go wrong is looked at again, slowly. */
  async quarantine(row: ExdataDocument, claim: Claim): Promise<void> {
    await this.giveUp(row, claim, new Error('the worker ended several times while it looked'));
  }

  async giveUp(row: ExdataDocument, claim: Claim, error: unknown): Promise<void> {
    const dueAt = this.clock.now() + this.slowestMs;
    const code = error instanceof ExdataError ? error.code : 'poll_failed';
    await this.transactions.run(async (manager) => {
      await manager.update(
        ExdataDocument,
        { id: row.id, state: 'pending' },
        { problem: { code, message: String(error), fields: null, retryAt: dueAt } },
      );
      await claim.settle(manager, { kind: 'wait', dueAt, error: String(error) });
    });
  }
}
