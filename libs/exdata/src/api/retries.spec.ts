import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import {
  ExdataApi,
  ExdataApiError,
  ExdataConflictError,
  ExdataConnectionError,
  ExdataRateLimitError,
} from './index.js';
import type { ExdataApiOptions, ExdataError } from './index.js';
import { CallRunner } from './call-runner.js';
import { MultipartForm } from './multipart.js';
import { uploadDocument } from './operations.js';
import { settingsOf } from './settings.js';
import { Transport } from './transport.js';

/**
 * Time that jumps over each wait between attempts: whenever two timers stand, the deadline and a wait, the earlier one
 * is due at once.
 */
class JumpingTimers {
  time = Date.parse('2026-05-10T01:00:00Z');
  readonly slept: number[] = [];
  readonly #timers = new Map<() => void, number>();

  readonly now = (): number => this.time;
  readonly after = (ms: number, run: () => void): (() => void) => {
    this.#timers.set(run, this.time + ms);
    if (this.#timers.size > 1) {
      this.slept.push(ms);
      setImmediate(() => this.#jump());
    }
    return () => this.#timers.delete(run);
  };

  get standing(): number {
    return this.#timers.size;
  }

  #jump(): void {
    const [run, due] = [...this.#timers].sort(([, a], [, b]) => a - b)[0] ?? [];
    if (run === undefined || due === undefined) return;
    this.time = due;
    this.#timers.delete(run);
    run();
  }
}

interface Seen {
  readonly method: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let timers: JumpingTimers;
let seen: Seen[];
/** What each request is answered with, in turn; the last for all that follow. */
let answers: ((request: IncomingMessage, response: ServerResponse) => void)[];
let api: ExdataApi;

const listener: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    seen.push({ method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString('latin1') });
    (answers.length > 1 ? answers.shift() : answers[0])?.(request, response);
  });
};

beforeEach(async () => {
  server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  timers = new JumpingTimers();
  seen = [];
  api = client();
});

afterEach(async () => {
  await api.close();
  server.closeAllConnections();
  server.close();
});

function client(options: Partial<ExdataApiOptions> = {}): ExdataApi {
  let ids = 0;
  const { port } = server.address() as AddressInfo;
  return new ExdataApi({
    baseUrl: `http://127.0.0.1:${port}/api/v1`,
    token: 'tok',
    random: () => 0.5,
    now: timers.now,
    after: timers.after,
    newRequestId: () => `req_ours_${(ids += 1)}`,
    ...options,
  });
}

const replying =
  (
    status: number,
    body: unknown = {},
    headers: Record<string, string> = {},
  ): ((_: unknown, response: ServerResponse) => void) =>
  (_, response) => {
    response.writeHead(status, headers).end(status === 204 ? undefined : JSON.stringify(body));
  };
const cut = (request: IncomingMessage): void => void request.socket.destroy();
const taken = replying(201, { data: { id: 7, status: 'pending' } }, { 'x-request-id': 'req_theirs' });

let opened = 0;
const upload = {
  file: { open: () => ((opened += 1), Readable.from([Buffer.from('%P'), Buffer.from('DF')])), size: 4 },
  filename: 'a.pdf',
};
const create = (options = {}) => api.documents.create(upload, { idempotencyKey: 'key-1', ...options });
const failureOf = (call: Promise<unknown>): Promise<ExdataError> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as ExdataError,
  );

describe('a call that fails in passing', () => {
  it('is repeated until it succeeds, with growing waits', async () => {
    answers = [replying(503), cut, replying(429), taken];
    expect(await create()).toMatchObject({ data: { id: '7' }, requestId: 'req_theirs', sentRequestId: 'req_ours_1' });
    expect(timers.slept).toEqual([250, 500, 1000]);
    expect(timers.standing).toBe(0);
  });

  it('[U1] sends the same payload under the same key and request id, and opens the file anew each time', async () => {
    opened = 0;
    answers = [replying(500), cut, replying(409), taken];
    await create();
    expect(opened).toBe(4);
    expect(seen).toHaveLength(4);
    expect(new Set(seen.map(({ body }) => body)).size).toBe(1);
    for (const name of ['idempotency-key', 'x-request-id', 'content-type', 'content-length'])
      expect(new Set(seen.map(({ headers }) => headers[name])).size).toBe(1);
    expect(seen[0]?.headers['idempotency-key']).toBe('key-1');
  });

  it('is repeated for reads and deletions too', async () => {
    answers = [cut, replying(200, { data: { id: 7, status: 'pending' } })];
    expect((await api.documents.get('7')).data.id).toBe('7');
    answers = [replying(502), replying(204)];
    expect((await api.documents.delete('7')).status).toBe(204);
    expect(seen.map(({ method }) => method)).toEqual(['GET', 'GET', 'DELETE', 'DELETE']);
  });

  it('tells of its progress anew with each attempt', async () => {
    answers = [replying(503), taken];
    const sent: number[] = [];
    await create({ onProgress: (bytes: number) => sent.push(bytes) });
    expect(sent).toEqual([2, 4, 2, 4]);
  });

  it('asks for the token anew with each attempt', async () => {
    await api.close();
    let calls = 0;
    api = client({ token: () => `tok${(calls += 1)}` });
    answers = [replying(503), taken];
    await create();
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer tok1', 'Bearer tok2']);
  });
});

describe('a call that fails for good', () => {
  it('carries its attempts, both request ids and the advice, also as JSON', async () => {
    answers = [
      replying(503, {}, { 'x-request-id': 'req_a' }),
      cut,
      replying(422, { code: 'validation_failed' }, { 'x-request-id': 'req_c' }),
    ];
    const start = timers.time;
    const error = await failureOf(create());
    const expected = {
      requestId: 'req_c',
      sentRequestId: 'req_ours_1',
      resend: 'no',
      retryable: false,
      mayHaveCreatedDocument: false,
      attempts: [
        { at: start, status: 503, code: 'http_503', requestId: 'req_a', waitedMs: 0 },
        { at: start + 250, status: null, code: 'connection', requestId: 'req_ours_1', waitedMs: 250 },
        { at: start + 750, status: 422, code: 'validation_failed', requestId: 'req_c', waitedMs: 500 },
      ],
    };
    expect(error).toMatchObject(expected);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject(expected);
  });

  it('after four attempts, or as many as the call says', async () => {
    answers = [replying(503)];
    expect((await failureOf(create())).attempts).toHaveLength(4);
    expect((await failureOf(create({ attempts: 2 }))).attempts).toHaveLength(2);
    expect(seen).toHaveLength(6);
  });

  it('is sent once with attempts: 1, whatever comes', async () => {
    for (const answer of [cut, ...[408, 409, 429, 500, 503].map((status) => replying(status))]) {
      answers = [answer];
      seen = [];
      const error = await failureOf(create({ attempts: 1 }));
      expect(error).toMatchObject({ retryable: true, resend: 'yes-with-same-key', attempts: [{ waitedMs: 0 }] });
      expect(seen).toHaveLength(1);
    }
    expect(timers.slept).toEqual([]);
  });

  it('remembers that an earlier attempt may have made a document', async () => {
    answers = [cut, replying(401)];
    expect(await failureOf(create())).toMatchObject({
      status: 401,
      mayHaveCreatedDocument: true,
      retryable: false,
      resend: 'unknown-reconcile',
    });
    answers = [cut, replying(429)];
    expect(await failureOf(create({ attempts: 2 }))).toMatchObject({
      mayHaveCreatedDocument: true,
      resend: 'yes-with-same-key',
    });
  });

  it('[E3] ends at once with 402: a new key, once there are credits', async () => {
    answers = [replying(500), replying(402, { code: 'insufficient_credits', data: { id: 9, status: 'blocked' } })];
    const error = await failureOf(create());
    expect(error).toMatchObject({
      code: 'insufficient_credits',
      documentId: '9',
      retryable: false,
      resend: 'after-top-up-with-new-key',
    });
    expect(error.mayHaveCreatedDocument).toBe(false);
    expect(seen).toHaveLength(2);
  });

  it('names every attempt of one that was never reached', async () => {
    await new Promise((resolve) => server.close(resolve));
    const error = await failureOf(create());
    expect(error).toBeInstanceOf(ExdataConnectionError);
    expect(error).toMatchObject({ mayHaveCreatedDocument: false, resend: 'yes-with-same-key' });
    expect(error.attempts.map(({ status, code }) => [status, code])).toEqual(Array(4).fill([null, 'connection']));
  });

  it('has no attempts when nothing could be sent', async () => {
    answers = [taken];
    expect(await failureOf(create({ idempotencyKey: '' }))).toMatchObject({ attempts: [], resend: 'no' });
  });
});

describe('409', () => {
  it('is waited out under the same key, so often and no more; a new key is never made', async () => {
    answers = [replying(409)];
    const error = await failureOf(create());
    expect(error).toBeInstanceOf(ExdataConflictError);
    expect(error).toMatchObject({ retryable: true, resend: 'yes-with-same-key', mayHaveCreatedDocument: true });
    expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(Array(4).fill('key-1'));
    expect(timers.slept).toEqual([250, 500, 1000]);
  });
});

describe('[E2] the wait that exdata asks for', () => {
  it('is kept, in seconds, as a date, and in the body', async () => {
    answers = [
      replying(429, { retry_after: 99 }, { 'retry-after': '7' }),
      replying(503, {}, { 'retry-after': new Date(timers.time + 7000 + 20_000).toUTCString() }),
      replying(429, { retry_after: 3 }),
      taken,
    ];
    await create();
    expect(timers.slept).toEqual([7000, 20_000, 3000]);
  });

  it('is not slept through beyond a minute: the error says when', async () => {
    answers = [replying(429, { code: 'test_mode_limit_exceeded' }, { 'retry-after': '61' })];
    const error = await failureOf(create());
    expect(error).toBeInstanceOf(ExdataRateLimitError);
    expect(error).toMatchObject({
      code: 'test_mode_limit_exceeded',
      retryAfterMs: 61_000,
      retryable: true,
      resend: 'yes-with-same-key',
    });
    expect(seen).toHaveLength(1);
    expect(timers.slept).toEqual([]);
  });

  it('nor beyond another limit, nor beyond the call’s time', async () => {
    answers = [replying(429, {}, { 'retry-after': '30' })];
    expect(await failureOf(api.ping({ timeoutMs: 30_000 }))).toBeInstanceOf(ExdataRateLimitError);
    await api.close();
    api = client({ retry: { longestWaitMs: 29_999 } });
    expect(await failureOf(create())).toMatchObject({ retryAfterMs: 30_000 });
    expect(timers.slept).toEqual([]);
  });
});

describe('a wait between attempts', () => {
  it('ends with the caller’s reason, and leaves no timer', async () => {
    const stop = new AbortController();
    const reason = new Error('shutting down');
    answers = [replying(503)];
    const waiting = client({
      after: (ms, run) => {
        const cancel = timers.after(ms, run);
        if (timers.standing > 1) stop.abort(reason);
        return cancel;
      },
    });
    expect(await failureOf(waiting.documents.get('7', { signal: stop.signal }))).toBe(reason);
    expect(timers.standing).toBe(0);
    expect(seen).toHaveLength(1);
    await waiting.close();
  });

  it('ends with the failure that it follows when the clock runs out on it', async () => {
    answers = [replying(503)];
    // A clock that stood still while the timer ran: the deadline comes first all the same.
    const waiting = client({
      now: () => 0,
      after: (ms, run) => timers.after(ms === 100 ? 1 : ms, run),
      retry: { firstMs: 198 },
    });
    expect(await failureOf(waiting.ping({ timeoutMs: 100 }))).toMatchObject({
      code: 'http_503',
      attempts: [{ status: 503 }],
    });
    expect(timers.standing).toBe(0);
    await waiting.close();
  });
});

describe('the budget of retries', () => {
  it('is shared by all calls of a client, and refilled by success', async () => {
    await api.close();
    api = client({ retry: { budget: 5 } });
    answers = [replying(503)];
    const attempts = async (): Promise<number> => (await failureOf(api.documents.get('7'))).attempts.length;
    expect([await attempts(), await attempts(), await attempts()]).toEqual([4, 3, 1]);
    answers = [replying(200)];
    for (let success = 0; success < 4; success++) await api.ping();
    answers = [replying(503)];
    expect(await attempts()).toBe(1);
    answers = [replying(200)];
    await api.ping();
    answers = [replying(503)];
    expect([await attempts(), await attempts()]).toEqual([2, 1]);
  });

  it('may be none', async () => {
    await api.close();
    api = client({ retry: { budget: 0 } });
    answers = [replying(503)];
    expect((await failureOf(api.ping())).attempts).toHaveLength(1);
  });
});

describe('a deletion', () => {
  it('that finds nothing on a repeat has done its work', async () => {
    answers = [cut, replying(404, {}, { 'x-request-id': 'req_b' })];
    expect(await api.documents.delete('7')).toEqual({
      data: undefined,
      status: 404,
      requestId: 'req_b',
      sentRequestId: 'req_ours_1',
    });
  });

  it('that was only held back before has not', async () => {
    answers = [replying(429), replying(404)];
    expect(await failureOf(api.documents.delete('7'))).toMatchObject({
      name: 'ExdataNotFoundError',
      documentId: '7',
      resend: 'no',
    });
    answers = [replying(404)];
    expect(await failureOf(api.documents.delete('7'))).toMatchObject({ name: 'ExdataNotFoundError' });
  });
});

describe('a POST without a key', () => {
  it('is never repeated, whoever calls: the transport holds the rule', async () => {
    const { port } = server.address() as AddressInfo;
    const settings = settingsOf({
      baseUrl: `http://127.0.0.1:${port}`,
      token: 'tok',
      now: timers.now,
      after: timers.after,
    });
    const transport = new Transport(settings);
    const runner = new CallRunner(settings, transport);
    for (const [answer, resend] of [
      [cut, 'unknown-reconcile'],
      [replying(503), 'unknown-reconcile'],
      [replying(429), 'yes'],
    ] as const) {
      answers = [answer];
      seen = [];
      const form = new MultipartForm(upload, 'BOUNDARY');
      const call = runner.run({
        operation: uploadDocument,
        target: '/documents',
        options: {},
        defaultTimeoutMs: 1000,
        upload: { form },
        read: ({ status }) => status,
      });
      expect(await failureOf(call)).toMatchObject({ resend, retryable: resend === 'yes', attempts: [{ waitedMs: 0 }] });
      expect(seen).toHaveLength(1);
      expect(seen[0]?.headers).not.toHaveProperty('idempotency-key');
    }
    await transport.close();
  });
});

it('an error that is exdata’s keeps its class through the retries', async () => {
  answers = [replying(503), replying(400)];
  expect((await failureOf(create())).constructor).toBe(ExdataApiError);
});
