import { inflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, VirtualClock, type Readings, type Sandbox } from '../index.js';
import { Client } from '../testing/client.js';

describe('pictures', () => {
  let clock: VirtualClock;
  let sandbox: Sandbox;
  let client: Client;
  let id: number;

  beforeEach(async () => {
    clock = new VirtualClock();
    sandbox = createSandbox({ clock, readings: { previews: 2 } });
    await sandbox.listen();
    client = new Client(sandbox);
    ({ id } = await client.uploaded());
  });

  afterEach(() => sandbox.close());

  const bytes = async (path: string): Promise<Buffer> => Buffer.from(await (await client.get(path)).arrayBuffer());
  const previews = async (): Promise<unknown> =>
    ((await (await client.get(`/documents/${id}/previews`)).json()) as { data: unknown }).data;

  it('come once the document is completed, or at once', async () => {
    const statuses = async (): Promise<number[]> =>
      Promise.all(
        [`/documents/${id}/thumbnail`, `/previews/${id}1`].map(async (path) => (await client.get(path)).status),
      );
    expect(await statuses()).toEqual([404, 404]);
    expect(await previews()).toEqual([]);
    sandbox.readings.picturesBeforeCompletion = 'ready';
    expect(await statuses()).toEqual([200, 200]);
  });

  it('are real, small, and each its own', async () => {
    await clock.advance(1_000);
    const response = await client.get(`/documents/${id}/thumbnail`);
    expect(response.headers.get('content-type')).toBe('image/png');
    const png = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-length')).toBe(String(png.length));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    const data = png.indexOf('IDAT');
    const pixels = inflateSync(png.subarray(data + 4, data + 4 + png.readUInt32BE(data - 4)));
    expect(pixels).toHaveLength((width + 1) * height);
    expect(new Set(pixels).size).toBeGreaterThan(1);
    const { id: other } = await client.uploaded({ file: Buffer.from('%PDF-1.7 other') });
    await clock.advance(1_000);
    expect(await bytes(`/documents/${other}/thumbnail`)).not.toEqual(png);
    expect(await bytes(`/previews/${id}2`)).not.toEqual(await bytes(`/previews/${id}1`));
    expect((await client.get(`/previews/${id}3`)).status).toBe(404);
  });

  it.each<[Readings['previewList'], Readings['previewId'], (id: number) => unknown]>([
    ['objects', 'number', (of) => [{ id: of * 10 + 1, page: 1, content_type: 'image/png' }, { page: 2 }]],
    ['objects', 'string', (of) => [{ id: `prv_${of}1` }, { id: `prv_${of}2` }]],
    ['ids', 'number', (of) => [of * 10 + 1, of * 10 + 2]],
    ['ids', 'string', (of) => [`prv_${of}1`, `prv_${of}2`]],
    [
      'urls',
      'number',
      (of) => [{ page: 1, url: expect.stringMatching(new RegExp(`^http://.*/api/v1/previews/${of}1$`)) }, { page: 2 }],
    ],
  ])('are listed as %s with ids as a %s, and can be fetched by them', async (list, ids, shape) => {
    await clock.advance(1_000);
    Object.assign(sandbox.readings, { previewList: list, previewId: ids });
    const listed = await previews();
    expect(listed).toMatchObject(shape(id) as object);
    const [first] = listed as (string | number | { id?: string | number; url?: string })[];
    const path =
      typeof first === 'object'
        ? (first.url?.split('/v1')[1] ?? `/previews/${first.id ?? ''}`)
        : `/previews/${first ?? ''}`;
    expect((await bytes(path)).subarray(1, 4).toString()).toBe('PNG');
  });

  it('can lie behind a redirect, which needs no token', async () => {
    await clock.advance(1_000);
    sandbox.readings.pictures = 'redirect';
    const [followed, direct] = [await bytes(`/documents/${id}/thumbnail`), `/files/${id}/1.png`];
    expect(followed.subarray(1, 4).toString()).toBe('PNG');
    expect((await fetch(new URL(direct, sandbox.baseUrl))).status).toBe(200);
    expect((await fetch(new URL('/files/1/1.png', sandbox.baseUrl))).status).toBe(404);
    sandbox.readings.pictureOrigin = 'https://files.example';
    const headers = { authorization: 'Bearer sandbox_test_token' };
    const response = await fetch(`${sandbox.baseUrl}/previews/${id}2`, { headers, redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([
      302,
      `https://files.example/files/${id}/2.png`,
    ]);
  });
});
