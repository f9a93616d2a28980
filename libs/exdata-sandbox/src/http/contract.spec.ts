import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createSandbox,
  operations,
  requestFaults,
  VirtualClock,
  type Operation,
  type Readings,
  type Sandbox,
} from '../index.js';
import { Client, problemOf } from '../testing/client.js';

const ours = 'sandbox_test_token';

describe('what every operation may answer', () => {
  let clock: VirtualClock;
  let sandbox: Sandbox;
  let client: Client;
  let id: number;

  beforeEach(async () => {
    clock = new VirtualClock();
    sandbox = createSandbox({
      clock,
      accounts: [
        {
          id: 'ours',
          tokens: [
            { token: ours, mode: 'test' },
            { token: 'reader', mode: 'test', abilities: ['documents:read'] },
            { token: 'writer', mode: 'test', abilities: ['documents:write'] },
          ],
        },
        { id: 'theirs', tokens: [{ token: 'theirs', mode: 'test' }] },
      ],
    });
    await sandbox.listen();
    client = new Client(sandbox);
    ({ id } = await client.uploaded());
    await clock.advance(1_000);
  });

  afterEach(() => sandbox.close());

  const call = (operation: Operation, token: string, of: number | string = id): Promise<Response> => {
    switch (operation) {
      case 'ping':
        return client.get('/ping', token);
      case 'listDocuments':
        return client.get('/documents', token);
      case 'uploadDocument':
        return client.upload({ token });
      case 'getDocument':
        return client.get(`/documents/${of}`, token);
      case 'deleteDocument':
        return client.delete(`/documents/${of}`, token);
      case 'getDocumentThumbnail':
        return client.get(`/documents/${of}/thumbnail`, token);
      case 'listDocumentPreviews':
        return client.get(`/documents/${of}/previews`, token);
      case 'listDocumentExtractions':
        return client.get(`/documents/${of}/extractions`, token);
      case 'getPreview':
        return client.get(`/previews/${of}1`, token);
    }
  };
  const good: Partial<Record<Operation, number>> = { uploadDocument: 201, deleteDocument: 204 };
  const ofOneDocument = operations.filter(
    (operation) => !['ping', 'listDocuments', 'uploadDocument'].includes(operation),
  );

  it.each(operations)('%s: right, 401, 429 and every 5xx', async (operation) => {
    expect(await problemOf(await call(operation, 'wrong'))).toMatchObject({
      status: 401,
      request_id: expect.stringMatching(/^req_/),
    });
    const scripted = [
      requestFaults.tooManyRequests(3),
      requestFaults.problem(500, 'server_error', 'Server error.'),
      requestFaults.badGateway(),
      requestFaults.unavailable(),
      requestFaults.empty(504),
    ];
    for (const fault of scripted) {
      sandbox.faults.request(fault, { match: (facts) => facts.operation === operation });
      expect((await call(operation, ours)).status).toBe(fault.respond?.status);
    }
    expect((await call(operation, ours)).status).toBe(good[operation] ?? 200);
    expect(sandbox.journal.requests((entry) => entry.operation === operation).at(-1)).toMatchObject({
      status: good[operation] ?? 200,
    });
  });

  it.each(ofOneDocument)(
    '%s: 404 for what is not there, 404 or 403 for what is another account’s',
    async (operation) => {
      expect((await call(operation, ours, 99)).status).toBe(404);
      expect((await call(operation, ours, 'abc')).status).toBe(404);
      expect((await call(operation, 'theirs')).status).toBe(404);
      sandbox.readings.wrongAccount = 403;
      expect(await problemOf(await call(operation, 'theirs'))).toMatchObject({ status: 403, code: 'forbidden' });
    },
  );

  it.each([
    ...operations
      .filter((operation) => operation !== 'ping')
      .map(
        (operation) =>
          [operation, operation === 'uploadDocument' || operation === 'deleteDocument' ? 'reader' : 'writer'] as const,
      ),
  ])('%s: 403 when the ability is missing', async (operation, token) => {
    expect(await problemOf(await call(operation, token))).toMatchObject({ status: 403, code: 'missing_ability' });
    sandbox.accounts.setAbilities(token, ['documents:read', 'documents:write']);
    expect((await call(operation, token)).status).toBe(good[operation] ?? 200);
    sandbox.accounts.revokeToken(token);
    expect((await call(operation, token)).status).toBe(401);
  });

  it('may need an ability for a ping, and another one to delete', async () => {
    sandbox.readings.pingAbility = 'documents:read';
    expect((await call('ping', 'writer')).status).toBe(403);
    expect((await call('ping', 'reader')).status).toBe(200);
    sandbox.readings.deleteAbility = 'documents:read';
    expect((await call('deleteDocument', 'writer')).status).toBe(403);
    expect((await call('deleteDocument', 'reader')).status).toBe(204);
  });

  it('may give back the client’s request id in errors alone', async () => {
    sandbox.readings.requestIdEcho = 'errors';
    const sent = { 'x-request-id': 'mine' };
    const [right, wrong] = [await client.get('/ping', ours, sent), await client.get('/documents/99', ours, sent)];
    expect(right.headers.get('x-request-id')).toMatch(/^req_/);
    expect(wrong.headers.get('x-request-id')).toBe('mine');
    expect(sandbox.journal.requests().slice(-2)).toMatchObject([
      { requestId: right.headers.get('x-request-id') },
      { requestId: 'mine' },
    ]);
  });

  it('knows one token from another in the journal, without the token', async () => {
    await call('ping', 'reader');
    await call('ping', 'writer');
    await call('ping', 'reader');
    const digests = sandbox.journal
      .requests(({ operation }) => operation === 'ping')
      .map(({ tokenDigest }) => tokenDigest);
    expect(digests[0]).toBe(digests[2]);
    expect(new Set(digests).size).toBe(2);
  });

  it('deletes a document that is still pending', async () => {
    const { id: pending } = await client.uploaded();
    expect((await call('deleteDocument', ours, pending)).status).toBe(204);
    expect((await call('deleteDocument', ours, pending)).status).toBe(404);
    expect((await call('getDocument', ours, pending)).status).toBe(404);
  });

  it.each<[Readings['documentKeys'], number]>([
    ['all', 17],
    ['least', 2],
  ])('gives %s keys of a document', async (reading, count) => {
    sandbox.readings.documentKeys = reading;
    const { data } = (await (await call('getDocument', ours)).json()) as { data: object };
    expect(Object.keys(data)).toHaveLength(count);
    expect(data).toMatchObject({ id, status: 'completed' });
  });
});
