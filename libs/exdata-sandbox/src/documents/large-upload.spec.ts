import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, type Sandbox } from '../index.js';

const boundary = 'large-upload';
const head = Buffer.from(
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="large.pdf"\r\nContent-Type: application/pdf\r\n\r\n`,
);
const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
const size = 500_000_000;
const block = Buffer.alloc(1_000_000, '%PDF-1.7 ');

describe('a large upload', () => {
  let sandbox: Sandbox;

  beforeEach(async () => {
    sandbox = createSandbox({ processingMs: 'manual' });
    await sandbox.listen();
  });

  afterEach(() => sandbox.close());

  it('is taken in and hashed as it comes, without being held', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const hash = createHash('sha256');
    let peak = 0;
    function* body(): Generator<Buffer> {
      yield head;
      for (let sent = 0; sent < size; sent += block.length) {
        hash.update(block);
        peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
        yield block;
      }
      yield tail;
    }
    const sending = request(`${sandbox.baseUrl}/documents`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer sandbox_test_token',
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': head.length + size + tail.length,
      },
    });
    const status = new Promise<number | undefined>((resolve, reject) => {
      sending.on('error', reject).on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
    await pipeline(Readable.from(body(), { objectMode: false, highWaterMark: block.length }), sending);
    expect(await status).toBe(201);
    expect(sandbox.documents.list()[0]?.file).toMatchObject({
      filename: 'large.pdf',
      size,
      sha256: hash.digest('hex'),
    });
    // Garbage that the process has not collected yet is in here too.
    expect(peak).toBeLessThan(128 * 2 ** 20);
  });
});
