import { liveOneDocument } from '../src/bill-host';
import { queue } from '../src/queue';

const { EXPECTED_NUMBER: number, REDIS_URL: redisUrl } = process.env;

it('drafts a bill from one document', async () => {
  const { state, bills, doubtful, health } = await liveOneDocument(
    redisUrl === undefined ? undefined : queue(redisUrl),
  );
  expect(state).toBe('completed');
  expect(bills).toEqual([{ sourceId: 'host-1', number }]);
  expect(doubtful).toContain('gross_amount');
  expect(health).toBe('up');
}, 60_000);
