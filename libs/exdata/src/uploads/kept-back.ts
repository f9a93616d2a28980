import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { DataSource, FindOptionsWhere } from 'typeorm';
import type { Write } from '../dispatch/index.js';
import { EXDATA_DATA_SOURCE } from '../dispatch/index.js';
import { DocumentHistory, ExdataLink, keyOf } from '../documents/index.js';
import { Inject } from '../injection/index.js';
import { insertNextGeneration } from './generation.js';
import { beforeExdata } from './upload-row.js';
import { uploadJobName } from './upload.job.js';

/** Rows released in one transaction: few enough to hold no one up. */
const batch = 8;

/** The rows that a hold on their account keeps back. */
@Injectable()
export class KeptBack {
  constructor(
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
  ) {}

  /** Those that have waited longest, a few at a time. */
  find(where: FindOptionsWhere<ExdataLink>): Promise<ExdataLink[]> {
    return this.dataSource.manager.find(ExdataLink, { where, order: { createdAt: 'ASC' }, take: batch });
  }

  /** Whether the row may yet be sent, or is being sent. */
  async isUnderWay(id: string | null): Promise<boolean> {
    return id !== null && (await this.dataSource.manager.existsBy(ExdataLink, { id, state: beforeExdata }));
  }

  /**
   * What was never sent goes out as it is; what exdata blocked for want of credits under a new key (exdata docs:
   * Credits). Resolves to the id of the row that goes.
   */
  async sendOn(write: Write, id: string, why: string): Promise<string | null> {
    const { manager, now } = write;
    const row = await write.lockRow(ExdataLink, { id });
    if (row?.holdId == null) return null;
    await manager.update(ExdataLink, { id }, { holdId: null, updatedAt: now });
    if (row.state === 'blocked') return this.#renew(write, row, why);
    if (row.exdataId !== null) return null;
    await manager.update(ExdataLink, { id }, { problem: null, work: { dueAt: now } });
    await this.history.record(write, row, why);
    write.wakes({ job: uploadJobName, id });
    return id;
  }

  async #renew(write: Write, row: ExdataLink, why: string): Promise<string | null> {
    const { manager, now } = write;
    const { sourceType, sourceId, generation } = row;
    // Somebody resubmitted it meanwhile.
    if (await manager.existsBy(ExdataLink, { ...keyOf(row), sourceType, sourceId, generation: generation + 1 }))
      return null;
    const next = await insertNextGeneration(manager, row, {
      id: randomUUID(),
      reason: `${why} after a lack of credits`,
      now,
    });
    await this.history.record(write, row, why, { detail: `generation ${next.generation}` });
    await this.history.record(write, next, 'queued', { detail: next.reason });
    write.wakes({ job: uploadJobName, id: next.id });
    return next.id;
  }
}
