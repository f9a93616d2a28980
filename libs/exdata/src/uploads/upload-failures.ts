import { Injectable } from '@nestjs/common';
import type { Attempt } from '../dispatch/index.js';
import { FaultBook, Writes } from '../dispatch/index.js';
import { AlertBook, DocumentHistory, ExdataLink } from '../documents/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { alertOf, beforeExdata, idsOf } from './upload-row.js';
import { Inject } from '../injection/index.js';

/** Gives uploads to a person that nothing more can be done about here. */
@Injectable()
export class UploadFailures {
  constructor(
    @Inject(Writes) private readonly writes: Writes,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** Resolves to when exdata may first have got it (epoch ms), null where it cannot have. */
  async write(attempt: Attempt<ExdataLink>, code: string, message: string): Promise<number | null> {
    const { row } = attempt;
    const firstSentAt = await this.writes.run(async (write) => {
      const { manager, now: updatedAt } = write;
      const problem = { code, message, fields: null, retryAt: null };
      const failed = await manager.update(
        ExdataLink,
        { id: row.id, state: beforeExdata },
        { state: 'failed', problem, updatedAt },
      );
      await attempt.settle(write, { kind: 'failed', dueAt: null, error: code });
      if (failed.affected !== 1) return null;
      await this.history.record(write, row, 'failed', { detail: code });
      await this.alerts.raise(write, alertOf(row, code, message, row.requestId));
      // The attempt at hand may have been the first to leave.
      return (await manager.findOneByOrFail(ExdataLink, { id: row.id })).firstSentAt;
    });
    const tell = (count: number): void => this.log.error('upload.failed', idsOf(row), { code, count });
    this.faults.noteEach('document_failed', tell, row.account);
    return firstSentAt;
  }
}
