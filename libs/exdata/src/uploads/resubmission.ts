import type { Clock, ExdataTransactions, WorkService } from '../dispatch/index.js';
import type { DocumentHistory } from '../documents/index.js';
import { ExdataDocument, isSettled } from '../documents/index.js';
import type { DocumentBytes } from './document-bytes.js';
import { ExdataResubmitError } from './errors.js';
import { insertNextGeneration } from './generation.js';
import type { GenerationChanges } from './generation.js';
import type { TakenFile, UploadIntake } from './upload-intake.js';
import { uploadJobName } from './upload.job.js';

/** Makes the next generation of a document that has ended. */
export class Resubmission {
  constructor(
    private readonly intake: UploadIntake,
    private readonly bytes: DocumentBytes,
    private readonly history: DocumentHistory,
    private readonly transactions: ExdataTransactions,
    private readonly work: WorkService,
    private readonly clock: Clock,
  ) {}

  /**
   * @param fields given anew
   * @param taken other bytes than the stored ones
   * @throws {ExdataResubmitError} `still_open` while the generation before is worked on, `bytes_gone` when nothing is stored and nothing else was given
   */
  async make(...[latest, reason, id, fields, taken]: MakeArguments): Promise<ExdataDocument> {
    const next = await this.transactions.run(async (manager) => {
      const before = await this.transactions.lockRow(manager, ExdataDocument, { id: latest.id });
      const source = { type: latest.sourceType, id: latest.sourceId };
      if (!before || !isSettled(before.state))
        throw new ExdataResubmitError('still_open', source, `its document is still '${latest.state}'`);
      const { account, sourceType, sourceId, generation } = before;
      if (await manager.existsBy(ExdataDocument, { account, sourceType, sourceId, generation: generation + 1 }))
        throw new ExdataResubmitError('still_open', source, 'it has been resubmitted already');
      if (!taken && !(await this.bytes.areKept(before)))
        throw new ExdataResubmitError('bytes_gone', source, `its document is '${before.state}', and its bytes are stored no more`);
      const now = this.clock.now();
      const document = await insertNextGeneration(manager, before, { id, reason, now, changes: { ...fields, ...taken } });
      if (taken) await this.intake.keep(manager, taken);
      // A hold that is released later must not send it a second time.
      await manager.update(ExdataDocument, { id: before.id }, { holdId: null, updatedAt: now });
      await this.history.record(manager, before, 'resubmitted', { detail: `generation ${document.generation}` });
      await this.history.record(manager, document, 'queued', { detail: reason });
      return document;
    });
    await this.work.dispatch(uploadJobName, next.id);
    return next;
  }
}

type MakeArguments = [latest: ExdataDocument, reason: string, id: string, fields: GenerationChanges, taken?: TakenFile];
