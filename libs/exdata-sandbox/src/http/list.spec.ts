import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createSandbox, VirtualClock, type Sandbox } from '../index.js';
import { Client } from '../testing/client.js';

const page = z.object({
  data: z.array(z.looseObject({ id: z.number() })),
  links: z.object({ next: z.string().nullable(), prev: z.string().nullable() }).optional(),
  meta: z
    .object({ current_page: z.number(), last_page: z.number(), next_cursor: z.string().nullable() })
    .partial()
    .optional(),
});

describe('the list of documents', () => {
  let sandbox: Sandbox;
  let client: Client;

  beforeEach(async () => {
    sandbox = createSandbox({ clock: new VirtualClock(), firstDocumentId: 1, readings: { pageSize: 2 } });
    await sandbox.listen();
    client = new Client(sandbox);
    for (let count = 0; count < 5; count++) await client.uploaded({ fields: [['requester', 'r']] });
  });

  afterEach(() => sandbox.close());

  const get = async (query = ''): Promise<z.infer<typeof page>> =>
    page.parse(await (await client.get(`/documents${query}`)).json());
  const ids = ({ data }: z.infer<typeof page>): number[] => data.map(({ id }) => id);
  const follow = async (): Promise<number[][]> => {
    const pages = [await get()];
    for (let next = pages[0]?.links?.next; typeof next === 'string'; next = pages.at(-1)?.links?.next) {
      expect(next.startsWith(`${sandbox.baseUrl}/documents?`)).toBe(true);
      pages.push(await get(new URL(next).search));
    }
    return pages.map(ids);
  };
  const inPages = [[5, 4], [3, 2], [1]];

  it('can come whole', async () => {
    sandbox.readings.paging = 'none';
    expect(await follow()).toEqual([[5, 4, 3, 2, 1]]);
    expect(Object.keys(await get())).toEqual(['data']);
  });

  it.each(['links', 'links-and-meta', 'cursor'] as const)('can be followed from page to page (%s)', async (paging) => {
    sandbox.readings.paging = paging;
    expect(await follow()).toEqual(inPages);
    expect((await get()).meta === undefined).toBe(paging === 'links');
  });

  it('can number its pages and give no links', async () => {
    sandbox.readings.paging = 'meta';
    const pages = [await get(), await get('?page=2'), await get('?page=3'), await get('?page=4')];
    expect(pages.map(ids)).toEqual([...inPages, []]);
    expect(pages[1]).toMatchObject({ meta: { current_page: 2, last_page: 3 } });
    expect(pages[1]?.links).toBeUndefined();
    expect(sandbox.journal.requests(({ query }) => query === '?page=2')).toHaveLength(1);
  });

  it('can be walked by cursors, back as well', async () => {
    sandbox.readings.paging = 'cursor';
    const second = await get(`?cursor=${(await get()).meta?.next_cursor ?? ''}`);
    expect(ids(second)).toEqual([3, 2]);
    expect(ids(await get(new URL(second.links?.prev ?? '').search))).toEqual([5, 4]);
    expect(ids(await get('?cursor=nonsense'))).toEqual([5, 4]);
  });

  it('can begin with the oldest', async () => {
    sandbox.readings.listOrder = 'oldest-first';
    expect(await follow()).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('can leave out who asked, or nearly everything', async () => {
    const keys = async (): Promise<string[]> => Object.keys((await get()).data[0] ?? {});
    expect(await keys()).toContain('requester');
    sandbox.readings.listKeys = 'without-requester';
    expect(await keys()).not.toContain('requester');
    expect(await keys()).toContain('filename');
    sandbox.readings.listKeys = 'least';
    expect(await keys()).toEqual(['id', 'status']);
  });

  it('can point its next link at another origin', async () => {
    sandbox.readings.linkOrigin = 'https://attacker.example';
    expect((await get()).links?.next).toBe('https://attacker.example/api/v1/documents?page=2');
  });
});
