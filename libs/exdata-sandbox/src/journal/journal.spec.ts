import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, VirtualClock, type Sandbox } from '../index.js';
import { Client, scan } from '../testing/client.js';

describe('the journal', () => {
  let sandbox: Sandbox;
  let client: Client;

  beforeEach(async () => {
    sandbox = createSandbox({ clock: new VirtualClock(), limits: { journalEntries: 5 } });
    await sandbox.listen();
    client = new Client(sandbox);
  });

  afterEach(() => sandbox.close());

  it('tells all about a request but its token', async () => {
    const { id } = await client.uploaded({
      key: 'k',
      fields: [
        ['requester', 'r'],
        ['custom_types[]', 'a'],
        ['custom_types[]', 'b'],
      ],
    });
    const [entry] = sandbox.journal.requests();
    expect(entry).toMatchObject({
      method: 'POST',
      path: '/api/v1/documents',
      account: 'acct_1',
      mode: 'test',
      idempotencyKey: 'k',
      outcome: 'answered',
      status: 201,
      documentId: id,
      fields: { requester: ['r'], 'custom_types[]': ['a', 'b'] },
      file: { filename: 'scan.pdf', size: scan.length, sha256: createHash('sha256').update(scan).digest('hex') },
      headers: { authorization: '[redacted]' },
    });
    expect(JSON.stringify(sandbox.journal.all())).not.toContain('sandbox_test_token');
  });

  it('waits for what comes, and finds what came', async () => {
    const waiting = sandbox.journal.waitForRequest(
      ({ path, outcome }) => path.endsWith('/ping') && outcome === 'answered',
    );
    await client.get('/ping');
    const entry = await waiting;
    expect(await sandbox.journal.waitFor(({ seq }) => seq === entry.seq)).toEqual(entry);
  });

  it('gives up waiting in time, or when it is told to', async () => {
    await expect(sandbox.journal.waitForDelivery(() => true, { timeoutMs: 1 })).rejects.toThrow('within 1 ms');
    const abort = new AbortController();
    const waiting = sandbox.journal.waitFor(() => false, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(sandbox.journal.waitFor(() => false, { signal: abort.signal })).rejects.toThrow('enough');
  });

  it('keeps the newest entries', async () => {
    for (let index = 0; index < 7; index++) await client.get('/ping');
    expect(sandbox.journal.all().map(({ seq }) => seq)).toEqual([3, 4, 5, 6, 7]);
    sandbox.journal.clear();
    expect(sandbox.journal.all()).toEqual([]);
  });

  it('sees a client that goes away', async () => {
    const headers = {
      authorization: 'Bearer sandbox_test_token',
      'content-type': 'multipart/form-data; boundary=x',
      'content-length': '1000',
    };
    const sending = request(`${sandbox.baseUrl}/documents`, { method: 'POST', headers });
    sending.on('error', () => undefined);
    sending.write('--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-');
    await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'open');
    sending.destroy();
    expect(await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'aborted')).toMatchObject({
      status: null,
    });
    expect(sandbox.documents.list()).toEqual([]);
  });
});
