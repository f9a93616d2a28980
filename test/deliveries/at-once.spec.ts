import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { ExdataDelivery } from 'nestjs-exdata';
import { IsNull, Not } from 'typeorm';
import { DeliveryLooks } from '../../libs/exdata/src/webhooks/index.js';
import { Host } from '../life/host.js';
import { describeWithPostgres } from '../services.js';
import { Scene } from './scene.js';

describeWithPostgres('deliveries at once about one document, on PostgreSQL', ({ url }) => {
  let host: Host;
  beforeEach(async () => {
    host = await Host.start({ database: { type: 'postgres', url } });
    await new Scene(host).empty();
  });
  afterEach(() => host.close());

  /** A document that another sender uploaded: it has no row here at which to queue. */
  async function foreign(): Promise<number> {
    const form = new FormData();
    form.set('file', new Blob(['%PDF-1.4 foreign']), 'foreign.pdf');
    const headers = { authorization: 'Bearer sandbox_test_token' };
    await fetch(`${host.sandbox.baseUrl}/documents`, { method: 'POST', body: form, headers });
    const id = host.sandbox.documents.list()[0]?.id ?? 0;
    host.sandbox.documents.patch(id, { status: 'completed' });
    return id;
  }

  /** Has both look at the same time whether another one asks, as often as `times` says. */
  function lookTogether(times: number): jest.Spied<DeliveryLooks['lastBegun']> {
    const inbox = host.app.get(DeliveryLooks);
    const lastBegun = inbox.lastBegun.bind(inbox);
    const together = Array.from({ length: times }, () => {
      let bothLook = (): void => undefined;
      const both = new Promise<void>((resolve) => (bothLook = resolve));
      return { both, bothLook };
    });
    let looks = 0;
    return jest.spyOn(inbox, 'lastBegun').mockImplementation(async (...look) => {
      const meeting = together[Math.floor(looks / 2)];
      if (looks++ % 2 === 1) meeting?.bothLook();
      await meeting?.both;
      return lastBegun(...look);
    });
  }

  /** Has each look wait for one further delivery that has begun since, `times` times. */
  function lookAmongOthers(
    times: number,
    post: (part: number) => Promise<unknown>,
  ): jest.Spied<DeliveryLooks['lastBegun']> {
    const inbox = host.app.get(DeliveryLooks);
    const lastBegun = inbox.lastBegun.bind(inbox);
    const begun = (): Promise<number> => host.database.manager.countBy(ExdataDelivery, { askedAt: Not(IsNull()) });
    let looks = 0;
    return jest.spyOn(inbox, 'lastBegun').mockImplementation(async (...look) => {
      if (looks < times) {
        const part = ++looks;
        const before = await begun();
        await post(part);
        await host.until(async () => (await begun()) > before);
      }
      return lastBegun(...look);
    });
  }

  it('the first asks at its first start, however many of ours begin before it has looked', async () => {
    const scene = new Scene(host);
    const exdataId = await host.pending('crowded');
    host.sandbox.faults.delivery({ drop: true });
    await host.sandbox.documents.finish(exdataId);
    const post = (part: number): Promise<number> => scene.post(scene.bodyOf(exdataId, { part }));
    const looking = lookAmongOthers(6, post);
    try {
      await post(0);
      await host.handled('crowded');
      expect(await scene.outcomes()).toEqual({ applied: 7 });
    } finally {
      looking.mockRestore();
    }
    const [first] = await scene.inbox();
    expect(first?.work.starts).toBe(1);
    expect(await host.bills('crowded')).toHaveLength(1);
  });

  it('the first of two about a document of others asks at its first start, and the other when that read has ended', async () => {
    const scene = new Scene(host);
    const stranger = await foreign();
    const looking = lookTogether(2);
    try {
      await Promise.all(['one', 'two'].map((body) => scene.post(scene.bodyOf(stranger, { body }))));
      await host.inboxWorkedOff();
    } finally {
      looking.mockRestore();
    }
    const inbox = await scene.inbox();
    expect(inbox).toMatchObject([{ outcome: 'foreign' }, { outcome: 'foreign' }]);
    // The read of the first began too soon after the other had come to answer it as well.
    expect(inbox.map(({ work }) => work.starts).sort()).toEqual([1, 2]);
    expect(scene.reads(stranger)).toBe(2);
  });
});
