import assert from 'node:assert/strict';
import { it } from 'node:test';
import { liveOneDocument } from '../src/bill-host.js';
import { queue } from '../src/queue.js';

const { EXPECTED_NUMBER: number, REDIS_URL: redisUrl } = process.env;

it('drafts a bill from one document', { timeout: 60_000 }, async () => {
  const { state, bills, doubtful, health } = await liveOneDocument(
    redisUrl === undefined ? undefined : queue(redisUrl),
  );
  assert.equal(state, 'completed');
  assert.deepEqual(
    bills.map((bill) => ({ ...bill })),
    [{ sourceId: 'host-1', number }],
  );
  assert.ok(doubtful.includes('gross_amount'));
  assert.equal(health, 'up');
});
