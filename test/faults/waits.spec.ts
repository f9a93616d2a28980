import { afterEach, expect, it } from '@jest/globals';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { StormHost } from './storm-host.js';

const ids = Array.from({ length: 12 }, (_, index) => `doc-${index}`);

let storm: StormHost;
afterEach(() => storm.host.close());

it('uploads that exdata has wait are a line a minute, with their number, and all go out', async () => {
  storm = await StormHost.start();
  const { host, clock } = storm;
  const takeBack = host.sandbox.faults.request(requestFaults.tooManyRequests(1), { times: Infinity });
  await Promise.all(ids.map((id) => storm.submit(id)));
  const refused = async (): Promise<number> => {
    const [row]: { refused: number }[] = await host.database.query(
      `select count(*) as refused from exdata_document_event where what = 'upload.waits'`,
    );
    return row?.refused ?? 0;
  };
  await host.until(async () => (await refused()) >= 3);
  expect(storm.linesOf('upload.waits')).toEqual([
    expect.stringMatching(/account=default .*code=too_many_requests .*count=1$/),
  ]);
  clock.skip(60_000);
  await host.until(() => storm.linesOf('upload.waits').length > 1);
  const counts = storm.linesOf('upload.waits').map((line) => Number(/count=(\d+)$/.exec(line)?.[1]));
  expect(counts[1]).toBeGreaterThan(1);
  takeBack();
  clock.skip(2_000);
  await host.until(
    async () => (await host.documents.list({ state: 'pending', limit: ids.length })).data.length === ids.length,
  );
});

it('secrets that cannot be renewed are a line a minute, stand in health, and are over once they can', async () => {
  let isAway = false;
  const from = (secret: string) => (): string => {
    if (isAway) throw Object.assign(new Error(`no answer for ${secret}`), { code: 'VaultSealed' });
    return secret;
  };
  const webhookSecrets = [{ id: 'current', secret: from('whsec_of_good_length_for_tests') }];
  storm = await StormHost.start({ options: { token: from('sandbox_test_token'), webhookSecrets } });
  const { host, clock } = storm;
  isAway = true;
  await host.sandbox.documents.finish(await host.pending('first'));
  await host.handled('first');
  clock.skip(10_000);
  await host.sandbox.documents.finish(await host.pending('second'));
  await host.handled('second');
  expect(storm.linesOf('config.secret_not_renewed').sort()).toEqual([
    expect.stringMatching(/fault="?token: could not be got from its provider \(VaultSealed\)"? count=1$/),
    expect.stringMatching(
      /fault="?webhookSecrets\[0\]\.secret: could not be got from its provider \(VaultSealed\)"? count=1$/,
    ),
  ]);
  expect(await storm.health()).toMatchObject({ status: 'up', faults: [{ kind: 'secrets' }] });
  expect(JSON.stringify([host.lines, await storm.health()])).not.toMatch(/no answer|sandbox_test_token|whsec_/);
  clock.skip(60_000);
  await host.pending('third');
  expect(storm.linesOf('config.secret_not_renewed').filter((line) => line.includes('token'))).toHaveLength(2);

  isAway = false;
  clock.skip(10_000);
  await host.sandbox.documents.finish(await host.pending('fourth'));
  await host.handled('fourth');
  await host.until(() => storm.linesOf('secrets.recovered').length === 2);
  expect(await storm.health()).toEqual({ status: 'up' });
});
