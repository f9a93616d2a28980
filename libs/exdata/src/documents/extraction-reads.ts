import { Injectable } from '@nestjs/common';
import { ExdataError } from '../api/index.js';
import type { ExdataExtraction } from '../api/index.js';
import { DeadLetterError, isUnknownDocument } from '../handlers/index.js';
import { Inject } from '../injection/index.js';
import { AccountReads } from './accounts/index.js';
import type { ExdataAccountState } from './accounts/index.js';
import type { ExdataLink } from './link.entity.js';
import { afterReadError } from './read-outcome.js';
import { UnreadDocuments } from './unread-documents.js';

/** A run of a handler that needs the extraction. */
interface Reading {
  /** Attempts that failed in a row before this one. */
  readonly failures: number;
  readonly signal: AbortSignal;
  /** How the account was just seen to stand; null where it has no row. */
  readonly seen: ExdataAccountState | null;
}

/** Reads extractions for handlers, and sees to it that a person is told of those that cannot be read. */
@Injectable()
export class ExtractionReads {
  constructor(
    @Inject(AccountReads) private readonly reads: AccountReads,
    @Inject(UnreadDocuments) private readonly unread: UnreadDocuments,
  ) {}

  /**
   * The extraction of a completed document.
   * @throws {NotYetError} while the account has to wait; {@link DeadLetterError} when the same would come again;
   * {@link ExdataError} for the rest
   */
  async of(link: ExdataLink, exdataId: string, { failures, ...call }: Reading): Promise<ExdataExtraction> {
    try {
      return (await this.reads.extraction(link, exdataId, call)).data;
    } catch (error) {
      const outcome = afterReadError(error, failures);
      if (!(error instanceof ExdataError)) throw error;
      await this.unread.extraction(link, error, outcome);
      if (outcome !== 'end') throw error;
      throw new DeadLetterError(
        isUnknownDocument(error) ? 'unknown-document' : 'confirm-failed',
        `${error.code}: ${error.message}`,
      );
    }
  }
}
