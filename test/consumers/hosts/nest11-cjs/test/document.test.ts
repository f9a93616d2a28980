import { liveOneDocument } from '../src/bill-host';

it('drafts a bill from one document', async () => {
  const { state, bills, health } = await liveOneDocument();
  expect(state).toBe('completed');
  expect(bills).toEqual([{ sourceId: 'host-1', number: process.env.EXPECTED_NUMBER }]);
  expect(health).toBe('up');
}, 60_000);
