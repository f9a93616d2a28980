import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ExdataApi, ExdataNotFoundError } from 'nestjs-exdata';
import { exdataFieldOf } from 'nestjs-exdata/api';
import { createSandbox } from 'nestjs-exdata-sandbox';
import type { Sandbox } from 'nestjs-exdata-sandbox';

let sandbox: Sandbox;
let api: ExdataApi;

beforeEach(async () => {
  sandbox = createSandbox({ processingMs: 'manual' });
  await sandbox.listen();
  api = new ExdataApi({ baseUrl: sandbox.baseUrl, token: 'sandbox_test_token' });
});

afterEach(async () => {
  await api.close();
  await sandbox.close();
});

const bytes = Buffer.from('%PDF-1.7 a document');
const create = async (idempotencyKey: string): Promise<string> => {
  const file = { open: () => Readable.from([bytes]), size: bytes.length };
  return (await api.documents.create({ file, filename: 'invoice.pdf' }, { idempotencyKey })).data.id;
};

it('goes all the way of a document, from its upload to its deletion', async () => {
  expect((await api.ping()).status).toBe(200);
  const id = await create('key-1');
  expect(await create('key-1')).toBe(id);
  expect((await api.documents.get(id)).data.status).toBe('pending');
  await expect(api.documents.thumbnail(id)).rejects.toBeInstanceOf(ExdataNotFoundError);
  await sandbox.documents.finish(Number(id));
  expect((await api.documents.get(id)).data.status).toBe('completed');
  expect(exdataFieldOf((await api.documents.extractions(id)).data, 'currency').value).toBe('EUR');

  const thumbnail = (await api.documents.thumbnail(id)).data;
  const picture = await buffer(thumbnail.stream);
  expect(thumbnail).toMatchObject({ contentType: 'image/png', contentLength: picture.length });
  const previews = (await api.documents.previews(id)).data;
  expect(previews).toHaveLength(1);
  const preview = (await api.preview(previews[0]?.id ?? '')).data;
  expect(preview.contentType).toBe('image/png');
  expect(await buffer(preview.stream)).not.toHaveLength(0);

  expect((await api.documents.delete(id)).status).toBe(204);
  await expect(api.documents.get(id)).rejects.toBeInstanceOf(ExdataNotFoundError);
  await expect(api.documents.delete(id)).rejects.toBeInstanceOf(ExdataNotFoundError);
});

it('lists all documents, over as many pages as exdata makes of them', async () => {
  const created: string[] = [];
  for (let at = 0; at < 32; at++) created.push(await create(`key-${at}`));
  const listed: string[] = [];
  for await (const { id } of api.documents.list()) listed.push(id);
  expect(listed.sort()).toEqual(created.sort());
  const pages = sandbox.journal.requests(({ method, path }) => method === 'GET' && path.endsWith('/documents'));
  expect(pages.length).toBeGreaterThan(1);
});
