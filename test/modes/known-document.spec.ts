import { afterEach, expect, it } from '@jest/globals';
import { ExdataDelivery } from 'nestjs-exdata';
import { isRead, Scene, source } from '../deliveries/scene.js';
import { Host } from '../life/host.js';

let host: Host;
afterEach(() => host.close());

const standing = async (id: string): Promise<unknown> => {
  const row = await host.documents.findBySource(source(id));
  return { state: row?.state, exdataId: row?.exdataId, exdataMode: row?.exdataMode, problem: row?.problem };
};

it('[C4] a row whose own document is known stays as it is when a document of the other mode is shown under its id, and a person is told once', async () => {
  host = await Host.start();
  const id = await host.pending('known');
  const known = await standing('known');
  const live = { id, status: 'completed', mode: 'live', latest_extraction_run: { id: 1 } };
  host.sandbox.faults.request(
    { accept: false, respond: { status: 200, body: { data: live } } },
    { match: isRead, times: 2 },
  );
  for (let asked = 0; asked < 2; asked++) await host.documents.refresh(source('known'));
  expect(await standing('known')).toEqual(known);
  await host.until(() => host.pager.alerts.length > 0);
  expect(host.pager.alerts).toEqual([
    expect.objectContaining({ kind: 'wrong_mode', sourceId: 'known', documentId: String(id) }),
  ]);
  await host.sandbox.documents.finish(id);
  await host.handled('known');
});

it('[C4] a signed body about a document of the other mode under the id of ours is foreign, also where bodies are believed', async () => {
  host = await Host.start({ options: { webhook: { confirm: 'payload' } } });
  const id = await host.pending('known');
  const known = await standing('known');
  const scene = new Scene(host);
  expect(await scene.post(scene.bodyOf(id, { status: 'completed', mode: 'live', requester: 'of somebody else' }))).toBe(
    204,
  );
  await host.until(() => host.database.manager.existsBy(ExdataDelivery, { outcome: 'foreign' }));
  expect(await standing('known')).toEqual(known);
  expect(host.bookkeeping.calls).toEqual([]);
});
