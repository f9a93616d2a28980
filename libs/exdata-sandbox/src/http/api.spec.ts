import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createSandbox, VirtualClock, type Sandbox } from '../index.js';
import { Client, problemOf, scan, type Upload } from '../testing/client.js';

const listSchema = z.object({
  data: z.array(z.looseObject({ id: z.number() })),
  links: z.object({ next: z.string().nullable() }),
});

describe('the HTTP face', () => {
  let clock: VirtualClock;
  let sandbox: Sandbox;
  let client: Client;

  beforeEach(async () => {
    clock = new VirtualClock();
    sandbox = createSandbox({
      clock,
      limits: { fileBytes: 1_000, keptBytes: 500 },
      accounts: [
        {
          id: 'ours',
          tokens: [
            { token: 'sandbox_test_token', mode: 'test' },
            { token: 'live', mode: 'live' },
            { token: 'reader', mode: 'test', abilities: ['documents:read'] },
            { token: 'writer', mode: 'test', abilities: ['documents:write'] },
          ],
        },
        {
          id: 'theirs',
          tokens: [
            { token: 'their token', mode: 'test' },
            { token: 'theirs', mode: 'test' },
          ],
        },
      ],
    });
    await sandbox.listen();
    client = new Client(sandbox);
  });

  afterEach(() => sandbox.close());

  describe('tokens', () => {
    it('answers a ping of any token, and 401 without a good one', async () => {
      expect((await client.get('/ping', 'writer')).status).toBe(200);
      expect(await problemOf(await client.get('/ping', 'wrong'))).toMatchObject({ status: 401 });
      expect((await fetch(`${sandbox.baseUrl}/ping`)).status).toBe(401);
      sandbox.accounts.revokeToken('writer');
      expect((await client.get('/ping', 'writer')).status).toBe(401);
    });

    it('answers 403 when an ability is missing, and names it', async () => {
      expect(await problemOf(await client.upload({ token: 'reader' }))).toMatchObject({
        status: 403,
        message: expect.stringContaining('documents:write'),
      });
      const { id } = await client.uploaded({ token: 'writer' });
      expect((await client.get(`/documents/${id}`, 'writer')).status).toBe(403);
      expect((await client.delete(`/documents/${id}`, 'reader')).status).toBe(403);
    });

    it('keeps accounts and modes apart', async () => {
      const { id } = await client.uploaded();
      expect((await client.get(`/documents/${id}`, 'theirs')).status).toBe(404);
      sandbox.readings.wrongAccount = 403;
      expect((await client.get(`/documents/${id}`, 'theirs')).status).toBe(403);
      expect((await client.get(`/documents/${id}`, 'live')).status).toBe(404);
      sandbox.readings.crossMode = 'visible';
      expect((await client.get(`/documents/${id}`, 'live')).status).toBe(200);
    });
  });

  describe('request ids', () => {
    it('repeats the given id on success and in errors', async () => {
      const ping = await client.get('/ping', 'reader', { 'x-request-id': 'mine-1' });
      expect(ping.headers.get('x-request-id')).toBe('mine-1');
      const missing = await client.get('/documents/1', 'reader', { 'x-request-id': 'mine-2' });
      expect(missing.headers.get('x-request-id')).toBe('mine-2');
      expect((await problemOf(missing)).request_id).toBe('mine-2');
    });

    it.each([undefined, 'x'.repeat(129)])('makes one up for %s', async (given) => {
      const response = await client.get('/nowhere', 'reader', given === undefined ? {} : { 'x-request-id': given });
      const id = response.headers.get('x-request-id');
      expect(id).toMatch(/^req_[0-9a-z]{26}$/);
      expect(await problemOf(response)).toMatchObject({ status: 404, request_id: id });
    });
  });

  describe('validation', () => {
    const long = 'x'.repeat(256);
    it.each<[string, Upload, string]>([
      ['no file', { file: null }, 'file'],
      ['an empty file', { file: Buffer.alloc(0) }, 'file'],
      ['an unknown type', { filename: 'tool.exe' }, 'file'],
      ['a name without extension', { filename: 'invoice' }, 'file'],
      ['content of another type', { filename: 'scan.png' }, 'file'],
      ['a file over the limit', { file: Buffer.concat([scan, Buffer.alloc(1_000)]) }, 'file'],
      ['a bad locale', { fields: [['locale', 'german']] }, 'locale'],
      [
        'a repeated field',
        {
          fields: [
            ['requester', 'a'],
            ['requester', 'b'],
          ],
        },
        'requester',
      ],
      ['a long requester', { fields: [['requester', long]] }, 'requester'],
      ['a type that is no list', { fields: [['custom_types', 'offer']] }, 'custom_types'],
      [
        'a blank type',
        {
          fields: [
            ['custom_types[]', 'offer'],
            ['custom_types[]', ' '],
          ],
        },
        'custom_types.1',
      ],
      ['a boolean that is none', { fields: [['allow_ai_processing', 'perhaps']] }, 'allow_ai_processing'],
      ['a long key', { key: long }, 'Idempotency-Key'],
    ])('refuses %s', async (_, upload, field) => {
      const problem = await problemOf(await client.upload(upload));
      expect(problem).toMatchObject({ status: 422, code: 'validation_failed' });
      expect(Object.keys(problem.errors ?? {})).toEqual([field]);
      expect(sandbox.documents.list()).toEqual([]);
    });

    it('refuses a body that is no form', async () => {
      const headers = { authorization: 'Bearer sandbox_test_token', 'content-type': 'application/json' };
      const response = await fetch(`${sandbox.baseUrl}/documents`, { method: 'POST', body: '{}', headers });
      expect(await problemOf(response)).toMatchObject({ status: 422, errors: { file: expect.any(Array) } });
    });

    it('can answer 413 as a proxy would, and insist on a key', async () => {
      Object.assign(sandbox.readings, { oversize: 413, missingIdempotencyKey: 'reject' });
      expect((await client.upload({ key: 'a', file: Buffer.alloc(1_001, '%PDF-') })).status).toBe(413);
      expect((await client.upload()).status).toBe(422);
    });

    it('takes a file up to the limit, which it need not keep', async () => {
      const file = Buffer.concat([scan, Buffer.alloc(1_000 - scan.length)]);
      expect(await client.uploaded({ file })).toMatchObject({ file_size: 1_000 });
    });
  });

  it('lists documents, the newest first, by pages', async () => {
    for (let index = 0; index < 17; index++) await client.uploaded();
    await client.uploaded({ token: 'theirs' });
    const first = listSchema.parse(await (await client.get('/documents')).json());
    expect(first.data).toHaveLength(15);
    expect(first.data[0]?.id).toBeGreaterThan(first.data[1]?.id ?? Infinity);
    const next = await fetch(first.links.next ?? '', { headers: { authorization: 'Bearer reader' } });
    expect(listSchema.parse(await next.json())).toMatchObject({
      data: [expect.anything(), expect.anything()],
      links: { next: null },
    });
  });

  it('deletes a document, and ends its processing', async () => {
    const { id } = await client.uploaded();
    expect((await client.delete(`/documents/${id}`)).status).toBe(204);
    expect((await client.delete(`/documents/${id}`)).status).toBe(404);
    await clock.advance(10_000);
    expect((await client.get(`/documents/${id}`)).status).toBe(404);
  });

  it('plays the readings of a document before it is completed', async () => {
    Object.assign(sandbox.readings, { emptyMap: 'array', documentId: 'string' });
    const { id } = z.object({ data: z.object({ id: z.string() }) }).parse(await (await client.upload()).json()).data;
    expect(await (await client.get(`/documents/${id}/extractions`)).json()).toEqual({ data: [] });
    sandbox.readings.extractionsBeforeCompletion = 'not_found';
    expect((await client.get(`/documents/${id}/extractions`)).status).toBe(404);
  });

  it('says that x402 is not played, and 404 or 405 elsewhere', async () => {
    expect(await problemOf(await fetch(`${sandbox.baseUrl}/x402/extractions`, { method: 'POST' }))).toMatchObject({
      status: 404,
      code: 'not_implemented',
    });
    expect((await client.get('/documents/abc')).status).toBe(404);
    expect((await client.get('/documents/99999999999999999999')).status).toBe(404);
    expect((await client.delete('/documents')).status).toBe(405);
    expect((await fetch(new URL('/elsewhere', sandbox.baseUrl))).status).toBe(404);
    expect((await fetch(new URL('/_sandbox/journal', sandbox.baseUrl))).status).toBe(404);
  });

  it('answers 401 only after the body, so that a client that still sends gets the answer', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = request(
        `${sandbox.baseUrl}/documents`,
        { method: 'POST', headers: { 'content-length': '5000000' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      sending.on('error', reject);
      sending.end(Buffer.alloc(5_000_000));
    });
    expect(status).toBe(401);
  });
});
