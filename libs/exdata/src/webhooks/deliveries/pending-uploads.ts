import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { In, LessThanOrEqual } from 'typeorm';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE } from '../../dispatch/index.js';
import type { ExdataClock } from '../../dispatch/index.js';
import { ExdataLink, keyOf } from '../../documents/index.js';
import type { ExdataDelivery } from '../delivery.entity.js';
import { Inject } from '../../injection/index.js';

/**
 * How long a delivery about a document without a row waits for an upload under way that may turn out to be its own, in
 * milliseconds.
 */
const patienceMs = 300_000;

/** Knows which uploads still wait for the answer that links them to their document. */
@Injectable()
export class PendingUploads {
  constructor(
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {}

  /**
   * Whether an upload that had begun when the delivery came still waits for its answer: the document may be that one.
   */
  async mayOwn(row: ExdataDelivery): Promise<boolean> {
    if (this.clock.now() - row.receivedAt > patienceMs) return false;
    return this.dataSource.manager.existsBy(ExdataLink, {
      ...keyOf(row),
      state: In(['uploading', 'unconfirmed']),
      firstSentAt: LessThanOrEqual(row.receivedAt),
    });
  }

  /**
   * Whether the answer that a delivery was found to wait for is still to come; then its document need not be read anew.
   */
  async stillMayOwn(row: ExdataDelivery, exdataId: string): Promise<boolean> {
    const isLinked = await this.dataSource.manager.existsBy(ExdataLink, { ...keyOf(row), exdataId });
    return !isLinked && (await this.mayOwn(row));
  }
}
