/**
 * Sends one file so many times at once in one way, and prints what that took. Arguments: variant, port of the sink,
 * file, times. A process of its own for each run: its peak is the whole of it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

const [variant = '', port = '', file = '', times = '1'] = process.argv.slice(2);
const baseUrl = `http://127.0.0.1:${port}/api/v1`;

/**
 * What each variant loads and makes ready before the clock starts. @type {Record<string, () => Promise<() =>
 * Promise<number>>>}
 */
const variants = { ours, undici, fetch: snippet, axios };

const make = variants[variant];
if (make === undefined) throw new Error(`no variant ${variant}`);
const send = await make();
const started = performance.now();
const sent = await Promise.all(Array.from({ length: Number(times) }, () => send()));
const seconds = (performance.now() - started) / 1000;
// Where the platform counts in KiB, as Linux and libuv on macOS do.
const peakKiB = process.resourceUsage().maxRSS;
console.log(JSON.stringify({ seconds, peakKiB, sent: sent.reduce((sum, bytes) => sum + bytes, 0) }));
process.exit(0);

/**
 * The library's client, as its jobs call it: the bytes are held to the length and the digest of the ledger. Without
 * Nest and TypeORM, which are the host's.
 */
async function ours() {
  const { ExdataApi } = await import('nestjs-exdata/api');
  const { size } = await stat(file);
  const sha256 = await digest();
  const api = new ExdataApi({ baseUrl, token: 'tok' });
  return async () => {
    const open = () => createReadStream(file, { highWaterMark: 256 * 1024 });
    const upload = { file: { open, size, sha256 }, filename: 'large.pdf', contentType: 'application/pdf' };
    return receivedOf((await api.documents.create(upload, { idempotencyKey: randomUUID() })).requestId);
  };
}

/** The least there can be: the file's bytes as the body, no form, no digest. */
async function undici() {
  const { request } = await import('undici');
  const { size } = await stat(file);
  return async () => {
    const body = createReadStream(file, { highWaterMark: 256 * 1024 });
    const headers = { 'content-length': String(size), 'content-type': 'application/pdf' };
    const response = await request(`${baseUrl}/documents`, { method: 'POST', body, headers });
    await response.body.dump();
    return receivedOf(String(response.headers['x-request-id']));
  };
}

/** What exdata's pages show for Node. */
async function snippet() {
  const { readFile } = await import('node:fs/promises');
  return async () => {
    const form = new FormData();
    form.append('file', new Blob([await readFile(file)], { type: 'application/pdf' }), 'large.pdf');
    const response = await fetch(`${baseUrl}/documents`, { method: 'POST', body: form });
    await response.text();
    return receivedOf(response.headers.get('x-request-id') ?? '');
  };
}

async function axios() {
  const { default: client } = await import('axios');
  const { default: FormData } = await import('form-data');
  return async () => {
    const form = new FormData();
    form.append('file', createReadStream(file), 'large.pdf');
    const limits = { maxBodyLength: Infinity, maxContentLength: Infinity };
    const response = await client.post(`${baseUrl}/documents`, form, { ...limits, headers: form.getHeaders() });
    return receivedOf(String(response.headers['x-request-id']));
  };
}

/** @param {string} requestId the sink's */
function receivedOf(requestId) {
  return Number(requestId.replace('req_', ''));
}

async function digest() {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}
