import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE } from '../dispatch/index.js';
import type { Attempt, ExdataClock } from '../dispatch/index.js';
import { ExdataAccounts, ExdataLink, keyOf } from '../documents/index.js';
import { findAtExdata } from './reconciliation.js';
import type { Found } from './reconciliation.js';
import { UploadWriter } from './upload-writer.js';
import { EXDATA_UPLOAD } from '../config/index.js';
import { Inject } from '../injection/index.js';

export interface KeySettings {
  /** How long exdata is trusted to know an idempotency key, in milliseconds; it does not publish it. */
  readonly keyLifetimeMs: number;
}

/** Looks at exdata for documents whose upload may have arrived, though its answer did not. */
@Injectable()
export class LostAnswers {
  constructor(
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(UploadWriter) private readonly writer: UploadWriter,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_UPLOAD) private readonly settings: KeySettings,
  ) {}

  /** Whether exdata may have forgotten the key by now, so that it could take the document a second time. */
  mayBeForgotten({ firstSentAt }: ExdataLink): boolean {
    return firstSentAt !== null && this.clock.now() - firstSentAt > this.settings.keyLifetimeMs;
  }

  /**
   * Resolves to true when the document was found at exdata and linked.
   * @param code why it is looked for
   * @throws {Error} when exdata's list does not tell
   */
  async reconcile(attempt: Attempt<ExdataLink>, code: string): Promise<boolean> {
    const { row } = attempt;
    await this.writer.markUnconfirmed(row, code);
    const found = await this.#find(attempt);
    if (found.kind === 'unclear')
      throw new Error("exdata's list does not tell whether it has the document; it is looked through again");
    if (found.kind === 'found') {
      await this.writer.accept(attempt, found.answer, 'reconcile');
      return true;
    }
    await this.writer.markAbsent(row);
    return false;
  }

  /**
   * What ended the row says nothing of an earlier attempt whose answer was lost. The row has ended by now: should
   * looking for the document end the process too, nobody looks again.
   * @param firstSentAt null where no attempt can have reached exdata
   */
  async linkIfFound(attempt: Attempt<ExdataLink>, firstSentAt: number | null): Promise<void> {
    if (firstSentAt === null) return;
    attempt.row.firstSentAt = firstSentAt;
    const found = await this.#find(attempt);
    if (found.kind === 'found') await this.writer.link(attempt.row, found.answer);
  }

  #find({ row, signal }: Attempt<ExdataLink>): Promise<Found> {
    const { api } = this.accounts.get(row.account);
    const isLinked = (exdataId: string): Promise<boolean> =>
      this.dataSource.manager.existsBy(ExdataLink, { ...keyOf(row), exdataId });
    return findAtExdata(api, row, isLinked, { signal, attempts: 1 });
  }
}
