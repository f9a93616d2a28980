import assert from 'node:assert/strict';
import { it } from 'node:test';
import { liveOneDocument } from '../src/bill-host.js';

it('drafts a bill from one document', { timeout: 60_000 }, async () => {
  const { state, bills, health } = await liveOneDocument();
  assert.equal(state, 'completed');
  assert.deepEqual(
    bills.map(({ sourceId, number }) => ({ sourceId, number })),
    [{ sourceId: 'host-1', number: process.env['EXPECTED_NUMBER'] }],
  );
  assert.equal(health, 'up');
});
