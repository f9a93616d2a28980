import { afterEach, describe, expect, it } from '@jest/globals';
import { Host } from '../life/host.js';
import { Scene, source } from './scene.js';

describe("confirm: 'payload'", () => {
  let host: Host;
  let scene: Scene;
  const start = async (): Promise<number> => {
    host = await Host.start({
      options: { webhook: { confirm: 'payload' }, polling: { firstMs: 1_000_000, maxMs: 1_000_000 } },
    });
    scene = new Scene(host);
    const exdataId = await host.pending('PAYLOAD');
    host.sandbox.faults.delivery({ drop: true });
    await host.sandbox.documents.finish(exdataId);
    return exdataId;
  };
  afterEach(() => host.close());

  const shapes: [string, (document: object) => object][] = [
    ['data', (document) => ({ data: document })],
    ['data.document', (document) => ({ data: { document } })],
    ['document', (document) => ({ document })],
  ];

  it.each(shapes)(
    '[W4] takes the document in %s of the signed body, and asks for no document',
    async (_place, shape) => {
      const exdataId = await start();
      const body = shape({
        id: exdataId,
        status: 'completed',
        mode: 'test',
        latest_extraction_run: { id: 9_000_000_000_000_000 },
      });
      expect(await scene.post(JSON.stringify({ event: 'document.completed', ...body }))).toBe(204);
      await host.handled('PAYLOAD');
      expect(scene.reads(exdataId)).toBe(0);
      expect(await host.documents.findBySource(source('PAYLOAD'))).toMatchObject({
        state: 'completed',
        runId: '9000000000000000',
      });
      expect(host.bookkeeping.calls).toMatchObject([
        { status: 'completed', extraction: { fields: expect.any(Object) } },
      ]);
      expect(await scene.outcomes()).toEqual({ applied: 1 });
    },
  );

  it('[W4] asks where the body has no document with a status', async () => {
    const exdataId = await start();
    expect(await scene.post(JSON.stringify({ event: 'document.completed', document_id: exdataId }))).toBe(204);
    await host.handled('PAYLOAD');
    expect(scene.reads(exdataId)).toBe(1);
  });
});
