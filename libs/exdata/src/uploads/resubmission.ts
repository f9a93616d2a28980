import { Injectable } from '@nestjs/common';
import { Writes } from '../dispatch/index.js';
import { DocumentHistory, ExdataLink, isSettled, keyOf } from '../documents/index.js';
import { DocumentBytes } from './document-bytes.js';
import { ExdataResubmitError } from './errors.js';
import { insertNextGeneration } from './generation.js';
import type { GenerationChanges } from './generation.js';
import type { TakenFile } from './upload-intake.js';
import { UploadIntake } from './upload-intake.js';
import { uploadJobName } from './upload.job.js';
import { Inject } from '../injection/index.js';

/** Makes the next generation of a document that has ended. */
@Injectable()
export class Resubmission {
  constructor(
    @Inject(UploadIntake) private readonly intake: UploadIntake,
    @Inject(DocumentBytes) private readonly bytes: DocumentBytes,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(Writes) private readonly writes: Writes,
  ) {}

  /**
   * @throws {ExdataResubmitError} `still_open` while the generation before is worked on, `bytes_gone` when nothing is
   * stored and nothing else was given
   */
  async make(latest: ExdataLink, { id, reason, fields, taken }: NewGeneration): Promise<ExdataLink> {
    // Looked for outside the transaction: the spool may be in the database too, and this would wait for a second
    // connection while it holds one.
    const areKept = taken !== undefined || (await this.bytes.areKept(latest));
    return this.writes.run(async (write) => {
      const { manager, now } = write;
      const before = await write.lockRow(ExdataLink, { id: latest.id });
      const source = { type: latest.sourceType, id: latest.sourceId };
      if (!before || !isSettled(before.state))
        throw new ExdataResubmitError('still_open', source, `its document is still '${latest.state}'`);
      const { sourceType, sourceId, generation } = before;
      if (await manager.existsBy(ExdataLink, { ...keyOf(before), sourceType, sourceId, generation: generation + 1 }))
        throw new ExdataResubmitError('still_open', source, 'it has been resubmitted already');
      if (!areKept)
        throw new ExdataResubmitError(
          'bytes_gone',
          source,
          `its document is '${before.state}', and its bytes are stored no more`,
        );
      const document = await insertNextGeneration(manager, before, {
        id,
        reason,
        now,
        changes: { ...fields, ...taken },
      });
      if (taken) await this.intake.keep(manager, taken);
      // A hold that is released later must not send it a second time.
      await manager.update(ExdataLink, { id: before.id }, { holdId: null, updatedAt: now });
      await this.history.record(write, before, 'resubmitted', { detail: `generation ${document.generation}` });
      await this.history.record(write, document, 'queued', { detail: reason });
      write.wakes({ job: uploadJobName, id: document.id });
      return document;
    });
  }
}

export interface NewGeneration {
  readonly id: string;
  readonly reason: string;
  /** Given anew. */
  readonly fields: GenerationChanges;
  /** Other bytes than the stored ones. */
  readonly taken?: TakenFile;
}
