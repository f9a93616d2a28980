/** What the receivers under test do with a delivery that the guard has let pass. Only this differs between them. */
import { hash, randomUUID } from 'node:crypto';
import { ExdataDelivery } from 'nestjs-exdata';

/**
 * @typedef {import('nestjs-exdata').ExdataVerifiedDelivery} ExdataVerifiedDelivery
 * @typedef {import('typeorm').DataSource} DataSource
 * @typedef {{ store: (delivery: ExdataVerifiedDelivery) => Promise<string>, drain: () => Promise<void> }} Store
 */

/**
 * By the name of the variant; ours has none, since it is what the module has anyway. @type {Record<string, (dataSource:
 * DataSource) => Store>}
 */
export const stores = {
  nothing: () => storing(() => Promise.resolve()),
  save: (dataSource) => {
    const repository = dataSource.getRepository(ExdataDelivery);
    return storing((delivery) => repository.save(repository.create(rowOf(delivery))));
  },
  single: (dataSource) => {
    const columns =
      'id, mode, account, delivery_id, event, sent_at, received_at, due_at, body_sha256, body, secret_id, outcome, fence, starts, finishes, failures';
    const insert = `insert into exdata_delivery (${columns}) values ($1, 'test', $2, $3, $4, $5, $6, $6, $7, $8, $9, 'open', 0, 0, 0, 0) on conflict do nothing`;
    return storing((delivery) => {
      const { id, account, deliveryId, event, sentAt, receivedAt, bodySha256, body, secretId } = rowOf(delivery);
      return dataSource.query(insert, [
        id,
        account,
        deliveryId,
        event,
        sentAt,
        receivedAt,
        bodySha256,
        body.toString('utf8'),
        secretId,
      ]);
    });
  },
};

/** @param {(delivery: ExdataVerifiedDelivery) => Promise<unknown>} write */
function storing(write) {
  return {
    store: async (/** @type {ExdataVerifiedDelivery} */ delivery) => {
      await write(delivery);
      return 'fresh';
    },
    drain: () => Promise.resolve(),
  };
}

/** @param {ExdataVerifiedDelivery} delivery */
function rowOf(delivery) {
  const receivedAt = Date.now();
  const work = { dueAt: receivedAt, leaseUntil: null, fence: 0, starts: 0, finishes: 0, failures: 0, lastError: null };
  const { body } = delivery;
  return {
    ...delivery,
    mode: /** @type {const} */ ('test'),
    id: randomUUID(),
    receivedAt,
    bodySha256: hash('sha256', body),
    outcome: /** @type {const} */ ('open'),
    work,
  };
}
