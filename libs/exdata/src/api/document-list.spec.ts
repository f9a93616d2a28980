import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listedDocuments } from './list-page.js';
import { ExdataApi, ExdataProtocolError, ExdataRequestError } from './index.js';
import type { ExdataDocumentPage, ExdataError, ExdataListOptions } from './index.js';

let server: Server;
let origin: string;
let asked: string[];
/** Answers by what is asked for below the base URL. */
let bodyFor: (target: string) => unknown;
let api: ExdataApi;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    const target = (request.url ?? '').replace('/api/v1', '');
    asked.push(target);
    response.writeHead(200, { 'x-request-id': `req_${asked.length}` }).end(JSON.stringify(bodyFor(target)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  api = new ExdataApi({ baseUrl: `${origin}/api/v1`, token: 'tok', newRequestId: () => 'req_ours' });
});

afterEach(async () => {
  await api.close();
  server.close();
});

const document = (id: unknown) => ({ id, status: 'pending' });
const pageOf = (...ids: unknown[]) => ({ data: ids.map(document) });

async function listed(options?: ExdataListOptions): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of api.documents.list(options)) ids.push(id);
  return ids;
}

/** What a listing gives before it fails, and how it fails. */
async function broken(options?: ExdataListOptions): Promise<{ ids: string[]; error: ExdataError }> {
  const ids: string[] = [];
  try {
    for await (const { id } of api.documents.list(options)) ids.push(id);
  } catch (error) {
    return { ids, error: error as ExdataError };
  }
  throw new Error('the listing came to its end');
}

describe('a page of many documents', () => {
  it('is read in parts, between which others have their turn', async () => {
    let turns = 0;
    let isReading = true;
    const count = (): void => {
      turns += 1;
      if (isReading) setImmediate(count);
    };
    setImmediate(count);
    const data = Array.from({ length: 2_000 }, (_, id) => (id % 2 === 0 ? { id, status: 'pending' } : { id }));
    const { documents, unreadable } = await listedDocuments({ data });
    isReading = false;
    expect([documents.length, documents.at(-1)?.id, unreadable.length]).toEqual([1_000, '1998', 1_000]);
    expect(turns).toBeGreaterThanOrEqual(2_000 / 100 - 1);
  });
});

describe('a listing', () => {
  const pages: [string, Record<string, unknown>, string[]][] = [
    ['no paging at all', { '/documents': pageOf(1, 2) }, ['/documents']],
    [
      'links.next, absolute',
      {
        '/documents': { ...pageOf(1), links: { next: 'ORIGIN/api/v1/documents?page=2&per_page=1' } },
        '/documents?page=2&per_page=1': { ...pageOf(2), links: { next: null } },
      },
      ['/documents', '/documents?page=2&per_page=1'],
    ],
    [
      'links.next, relative',
      {
        '/documents': { ...pageOf(1), links: { next: '?after=x' } },
        '/documents?after=x': { ...pageOf(2), links: { next: '' } },
      },
      ['/documents', '/documents?after=x'],
    ],
    [
      'links.next beside a meta that counts: the link decides',
      {
        '/documents': { ...pageOf(1), links: { next: '?page=2' }, meta: { current_page: 1, last_page: 9 } },
        '/documents?page=2': { ...pageOf(2), links: { next: null }, meta: { current_page: 2, last_page: 9 } },
      },
      ['/documents', '/documents?page=2'],
    ],
    [
      'current_page and last_page',
      {
        '/documents': { ...pageOf(1), meta: { current_page: 1, last_page: 2 } },
        '/documents?page=2': { ...pageOf(2), meta: { current_page: '2', last_page: '2' } },
      },
      ['/documents', '/documents?page=2'],
    ],
    [
      'next_cursor',
      {
        '/documents': { ...pageOf(1), meta: { next_cursor: 'a+b&c' }, links: {} },
        '/documents?cursor=a%2Bb%26c': { ...pageOf(2), meta: { next_cursor: null } },
      },
      ['/documents', '/documents?cursor=a%2Bb%26c'],
    ],
    [
      'a meta without sense',
      { '/documents': { ...pageOf(1, 2), meta: { current_page: null, last_page: {}, next_cursor: 7 } } },
      ['/documents'],
    ],
    ['links without sense', { '/documents': { ...pageOf(1, 2), links: [], meta: 'x' } }, ['/documents']],
    [
      'a map with gaps, as PHP writes it',
      { '/documents': { data: { 0: document(1), 4: document(2) } } },
      ['/documents'],
    ],
  ];

  it.each(pages)('reads %s', async (_, answers, targets) => {
    bodyFor = (target) => JSON.parse(JSON.stringify(answers[target]).replaceAll('ORIGIN', origin)) as unknown;
    expect(await listed()).toEqual(['1', '2']);
    expect(asked).toEqual(targets);
  });

  it.each([[[]], [null], [{}]])('of nothing comes as %j', async (data) => {
    bodyFor = () => ({ data });
    expect(await listed()).toEqual([]);
  });

  it('asks for nothing before it is wanted, no further than it is read, and anew each time', async () => {
    bodyFor = () => ({ ...pageOf(1, 2), meta: { current_page: 1, last_page: 5 } });
    const documents = api.documents.list();
    expect(asked).toEqual([]);
    for (let time = 1; time <= 2; time++) {
      for await (const { id } of documents) {
        expect(id).toBe('1');
        break;
      }
      expect(asked).toHaveLength(time);
    }
  });

  it('keeps what it cannot read, and gives the rest', async () => {
    const odd = [{ id: 3 }, 'text', { status: 'pending' }, null];
    bodyFor = () => ({ data: [document(1), ...odd, { id: 'x', status: 'of tomorrow', file_size: 'big' }] });
    const pages: ExdataDocumentPage[] = [];
    for await (const page of api.documents.list().pages()) pages.push(page);
    expect(pages).toMatchObject([{ unreadable: odd, status: 200, requestId: 'req_1', sentRequestId: 'req_ours' }]);
    expect(pages[0]?.data.map(({ id, status }) => [id, status])).toEqual([
      ['1', 'pending'],
      ['x', 'of tomorrow'],
    ]);
    expect(await listed()).toEqual(['1', 'x']);
  });

  it.each([['text'], [5], [{ id: 1 }]])('is refused as %j', async (data) => {
    bodyFor = () => ({ data });
    const { error } = await broken();
    expect(error).toMatchObject({
      code: 'invalid_response',
      requestId: 'req_1',
      attempts: [{ status: 200, code: 'invalid_response' }],
    });
  });

  it('ends with the signal’s reason between two pages', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    bodyFor = () => ({ ...pageOf(1), meta: { current_page: 1, last_page: 2 } });
    const pages = api.documents.list({ signal: stop.signal }).pages();
    await pages.next();
    stop.abort(reason);
    await expect(pages.next()).rejects.toBe(reason);
    expect(asked).toHaveLength(1);
  });
});

describe('a listing that does not stay at home', () => {
  it.each([
    ['https://other.example/api/v1/documents?page=2&sig=s3cret', 'to https://other.example/api/v1/documents,'],
    ['https://me:s3cret@other.example/', 'to https://other.example/,'],
    ['//other.example/x', 'to http://other.example/x,'],
    ['file:///etc/passwd', 'to file:///etc/passwd,'],
    ['http://[', 'without an address,'],
    [{ href: 'x' }, 'without an address,'],
  ])('by links.next %j gives the page and then an error that says where', async (next, words) => {
    bodyFor = () => ({ ...pageOf(1), links: { next } });
    const { ids, error } = await broken();
    expect(ids).toEqual(['1']);
    expect(error).toBeInstanceOf(ExdataProtocolError);
    expect(error).toMatchObject({
      code: 'paging_elsewhere',
      resend: 'no',
      requestId: 'req_1',
      sentRequestId: 'req_ours',
      attempts: [],
    });
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('s3cret');
    expect(asked).toHaveLength(1);
  });

  it('by the same address under another scheme neither', async () => {
    bodyFor = () => ({ ...pageOf(1), links: { next: `${origin.replace('http:', 'https:')}/api/v1/documents?page=2` } });
    expect((await broken()).error.code).toBe('paging_elsewhere');
  });
});

describe('a listing that does not end', () => {
  it('is noticed when a page points back', async () => {
    bodyFor = (target) => ({
      ...pageOf(asked.length),
      links: { next: target === '/documents' ? '?page=2' : '?page=1&x' },
    });
    const { ids, error } = await broken();
    expect(ids).toEqual(['1', '2', '3']);
    expect(error.code).toBe('paging_loop');
  });

  it('is noticed when the server does not heed the page', async () => {
    bodyFor = () => ({ ...pageOf(1, 2), meta: { current_page: 1, last_page: 3 } });
    const { ids, error } = await broken();
    expect(error.code).toBe('paging_loop');
    expect(ids).toEqual(['1', '2', '1', '2']);
  });

  it('is noticed when the address changes but the documents do not', async () => {
    bodyFor = () => ({ ...pageOf(1, 2), links: { next: `?page=${asked.length + 1}` } });
    expect((await broken()).error.code).toBe('paging_loop');
    expect(asked).toHaveLength(3);
  });

  it('but one page that comes twice is no loop: documents arrived meanwhile', async () => {
    const ids = [[1], [1], [2], []];
    bodyFor = () => ({
      ...pageOf(...(ids[asked.length - 1] ?? [])),
      ...(asked.length < 4 && { links: { next: `?page=${asked.length + 1}` } }),
    });
    expect(await listed()).toEqual(['1', '1', '2']);
  });

  it('is ended by maxPages, after the last page allowed', async () => {
    bodyFor = () => ({ ...pageOf(asked.length), links: { next: `?page=${asked.length + 1}` } });
    const { ids, error } = await broken({ maxPages: 3 });
    expect(ids).toEqual(['1', '2', '3']);
    expect(error.code).toBe('paging_too_long');
    expect(error.message).toContain('maxPages');
    expect(asked).toHaveLength(3);
  });

  it.each([0, -1, 1.5, NaN])('by maxPages %d is refused', (maxPages) => {
    expect(() => api.documents.list({ maxPages })).toThrow(ExdataRequestError);
  });
});
