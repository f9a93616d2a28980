import { Injectable } from '@nestjs/common';
import type { FindOptionsWhere } from 'typeorm';
import { In } from 'typeorm';
import { Writes } from '../../dispatch/index.js';
import { countDelivery, ExdataLog } from '../../telemetry/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import { ConflictingIds } from './conflicting-ids.js';
import type { DeliveryResult } from './delivery-result.js';
import { eraseRunsOf } from './erased-runs.js';
import { Inject } from '../../injection/index.js';

/** What has to be known of a replay that is to be ended. */
export type Replay = Pick<
  ExdataDelivery,
  'id' | 'mode' | 'account' | 'deliveryId' | 'bodySha256' | 'receivedAt' | 'event' | 'secretId'
>;

/** Ends replays as the one of them that was worked on has ended. */
@Injectable()
export class ReplayEnds {
  constructor(
    @Inject(Writes) private readonly writes: Writes,
    @Inject(ConflictingIds) private readonly conflicts: ConflictingIds,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /**
   * @param row the one that was worked on, and its result
   * @param waiting which of the replays may still be ended
   * @returns whether any of them could
   */
  async write(
    replays: readonly Replay[],
    row: ExdataDelivery,
    result: DeliveryResult,
    waiting: FindOptionsWhere<ExdataDelivery>,
  ): Promise<boolean> {
    await this.conflicts.markAll(replays);
    const outcome = result.outcome === 'discarded' ? 'discarded' : 'replayed';
    const { requestId = null, linkId = null, askedAt = null } = result;
    const work = { dueAt: null, leaseUntil: null, lastError: null, fence: () => 'fence + 1' };
    const erased =
      result.bodyDropped === true ? { body: Buffer.alloc(0), bodyDropped: true, note: result.note ?? null } : {};
    const ids = replays.map(({ id }) => id);
    const written = await this.writes.run(async ({ manager, now: endedAt }) => {
      const ended = { requestId, linkId, askedAt, outcome, endedAt, work, ...erased } as const;
      const { affected } = await manager.update(ExdataDelivery, { ...waiting, id: In(ids) }, ended);
      if (result.bodyDropped === true) await eraseRunsOf(manager, ids, endedAt);
      return affected ?? 0;
    });
    for (const { account, event } of replays) countDelivery({ account, event, outcome, reason: null });
    this.log.info(
      `delivery.${outcome}`,
      { account: row.account, documentId: row.exdataId, requestId },
      { type: row.event, count: written },
    );
    return written > 0;
  }
}
