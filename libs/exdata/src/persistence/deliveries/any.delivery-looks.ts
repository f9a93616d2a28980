import { And, Between, In, LessThanOrEqual, MoreThan, MoreThanOrEqual, Not } from 'typeorm';
import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import type { ExdataTransactions } from '../../dispatch/index.js';
import { ExdataLink } from '../../documents/index.js';
import { answeredOutcomes, DeliveryLooks, ExdataDelivery, fewestBegun } from '../../webhooks/index.js';
import type { Begun, BegunRead, DeliverySubjectKey } from '../../webhooks/index.js';

/** As TypeORM looks, on any database. */
export class DeliveryLooksInAnyDatabase extends DeliveryLooks {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
  ) {
    super();
  }

  underSameId(row: ExdataDelivery): Promise<Pick<ExdataDelivery, 'id' | 'receivedAt'>[]> {
    const { mode, account, deliveryId } = row;
    const bytes = { bodySha256: Not(row.bodySha256), receivedAt: LessThanOrEqual(row.receivedAt) };
    return this.transactions.once((manager) =>
      manager.find(ExdataDelivery, {
        select: { id: true, receivedAt: true },
        where: { mode, account, deliveryId, ...bytes },
      }),
    );
  }

  async mark({ id, mode, account, exdataId }: DeliverySubjectKey, fence: number, askedAt: number): Promise<boolean> {
    const marked = await this.transactions.once((manager) => {
      const erasedOne = manager
        .createQueryBuilder(ExdataLink, 'link')
        .select('link.id')
        .where('link.mode = :mode and link.account = :account and link.exdataId = :exdataId')
        .andWhere('link.erasedAt is not null');
      return manager
        .createQueryBuilder()
        .update(ExdataDelivery)
        .set({ exdataId, askedAt })
        .where({ id, work: { fence } } satisfies FindOptionsWhere<ExdataDelivery>)
        .andWhere(`not exists (${erasedOne.getQuery()})`, { mode, account, exdataId })
        .execute();
    });
    return marked.affected === 1;
  }

  lastBegun(
    { id, mode, account, exdataId }: DeliverySubjectKey,
    { now, answered, asking }: Begun,
    within: EntityManager = this.dataSource.manager,
  ): Promise<BegunRead[]> {
    const others = { mode, account, exdataId, id: Not(id) };
    const since = MoreThanOrEqual(asking.from);
    const open = {
      outcome: 'open' as const,
      askedAt: asking.to === Infinity ? since : And(since, LessThanOrEqual(asking.to)),
      work: { leaseUntil: MoreThan(now) },
    };
    const ended = answered && { outcome: In([...answeredOutcomes]), askedAt: Between(answered.from, answered.to) };
    return within.find(ExdataDelivery, {
      select: { id: true, outcome: true, reason: true, askedAt: true, requestId: true, linkId: true },
      where: [...(ended ? [{ ...others, ...ended }] : []), { ...others, ...open }],
      order: { askedAt: 'DESC', id: 'ASC' },
      take: fewestBegun,
    });
  }
}
