import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EXDATA_CLOCK } from 'nestjs-exdata';
import { sign } from 'nestjs-exdata-sandbox';
import { ShiftedClock } from '../life/shifted-clock.js';
import { until } from '../until.js';
import { nowSeconds, platforms, Receiver, secret, signedHeaders } from './receiver.js';
import { answerTo, open } from './send.js';

const body = '{"event":"document.completed","data":[],"note":"Grüße / 1"}';
const signature = sign(secret, body);
const mebibyte = 1024 * 1024;
/** Longer than a busy machine takes for any body. */
const bodyTimeoutMs = 3_600_000;

/** A truly signed body of so many bytes. */
const ofSize = (bytes: number): string =>
  JSON.stringify({ data: [], filler: '' }).replace('""', `"${'x'.repeat(bytes - 23)}"`);

describe.each(platforms)('on %s', (platform) => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await Receiver.start(platform, { options: { webhook: { bodyTimeoutMs } } });
  });
  afterAll(() => receiver.close());

  /** Runs requests of which none may leave a row; returns their statuses. */
  async function leavingNoRow(requests: () => Promise<{ status: number }[]>): Promise<number[]> {
    const before = (await receiver.inbox()).length;
    const answers = await requests();
    expect(await receiver.inbox()).toHaveLength(before);
    return answers.map(({ status }) => status);
  }

  describe('[W1] a signature', () => {
    it('of exdata lets the delivery in, with the name of the secret', async () => {
      const headers = signedHeaders(body);
      expect(await receiver.deliver(body, headers)).toMatchObject({ status: 204, text: '' });
      const row = (await receiver.inbox()).find(({ deliveryId }) => deliveryId === headers['X-Delivery']);
      expect(row).toMatchObject({
        account: 'default',
        event: 'document.completed',
        secretId: 'current',
        sentAt: Number(headers['X-Timestamp']) * 1000,
      });
      expect(row?.body.toString()).toBe(body);
    });

    it('covers every bit of the body', async () => {
      const flipped = Array.from({ length: Buffer.byteLength(body) * 8 }, (_, bit) => {
        const bytes = Buffer.from(body);
        bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        return bytes;
      });
      const statuses = await leavingNoRow(() =>
        Promise.all(flipped.map((bytes) => receiver.deliver(bytes, { 'X-Signature': signature }))),
      );
      expect(new Set(statuses)).toEqual(new Set([401]));
    });

    it.each<[string, string | Buffer, string | string[] | null]>([
      ['made with a wrong secret', body, sign('another secret of good length', body)],
      ['over JSON that was written anew', JSON.stringify(JSON.parse(body), null, 1), signature],
      ['over a body that lost its end', body.slice(0, -1), signature],
      ['over a body that gained a line end', `${body}\n`, signature],
      ['over an empty body', '', signature],
      ['that is empty', body, ''],
      ['that is absent', body, null],
      ['of 63 digits', body, signature.slice(1)],
      ['of 65 digits', body, `${signature}0`],
      ['in upper case', body, signature.toUpperCase()],
      ['with a prefix', body, `sha256=${signature}`],
      ['in base64', body, Buffer.from(signature, 'hex').toString('base64')],
      ['sent twice, right both times', body, [signature, signature]],
      ['sent twice, wrong and right', body, ['0'.repeat(64), signature]],
    ])('%s is refused with a bare 401', async (_what, sent, header) => {
      const answers = await leavingNoRow(async () => [await receiver.deliver(sent, { 'X-Signature': header })]);
      expect(answers).toEqual([401]);
      const { text, headers } = await receiver.deliver(sent, { 'X-Signature': header });
      expect(JSON.parse(text)).toEqual({ statusCode: 401, message: 'Unauthorized' });
      expect(headers['www-authenticate']).toBeUndefined();
    });

    it('is looked at before the body is: what is no JSON is taken, and stored as it is', async () => {
      const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x00]);
      expect(await receiver.deliver(bytes)).toMatchObject({ status: 204 });
      expect((await receiver.inbox()).some((row) => row.body.equals(bytes))).toBe(true);
      expect(await receiver.deliver('{"__proto__":{"a":1},"constructor":{"prototype":1}}')).toMatchObject({
        status: 204,
      });
    });
  });

  describe('[W2] a timestamp', () => {
    const at = (header: string | null) => receiver.deliver(body, { 'X-Timestamp': header });

    it.each([0, -290, 50])('%i s away is taken', async (seconds) => {
      expect(await at(String(nowSeconds() + seconds))).toMatchObject({ status: 204 });
    });

    it.each([
      ['310 s old', () => String(nowSeconds() - 310), 'stale'],
      ['70 s ahead', () => String(nowSeconds() + 70), 'early'],
      ['of 0', () => '0', 'stale'],
      ['that is absent', () => null, 'timestamp'],
      ['that is empty', () => '', 'timestamp'],
      ['that is a date', () => new Date().toISOString(), 'timestamp'],
      ['with a fraction', () => `${String(nowSeconds())}.5`, 'timestamp'],
      ['in milliseconds', () => String(Date.now()), 'timestamp'],
    ])('%s is refused with a bare 401', async (_what, header, reason) => {
      expect(await leavingNoRow(async () => [await at(header())])).toEqual([401]);
      expect(receiver.refusals().join('\n')).toContain(`reason=${reason}`);
    });
  });

  describe('X-Delivery', () => {
    it.each(['0196b3a2-7c1e-7b44-9d2f-3f1f0a9c2b11', 'evt_42', 'x'.repeat(255)])('may be %s', async (id) => {
      expect(await receiver.deliver(body, { 'X-Delivery': id })).toMatchObject({ status: 204 });
    });

    it.each([[null], [''], ['a b'], ['a\tb'], ['é'], ['x'.repeat(256)]])('must not be %j', async (id) => {
      expect(await leavingNoRow(async () => [await receiver.deliver(body, { 'X-Delivery': id })])).toEqual([400]);
    });

    it('is no reason to tell a stranger anything', async () => {
      expect(await receiver.deliver(body, { 'X-Delivery': null, 'X-Signature': '0'.repeat(64) })).toMatchObject({
        status: 401,
      });
    });
  });

  describe('a body', () => {
    it.each([
      'application/json',
      'application/json; charset=utf-8',
      'APPLICATION/JSON;charset="UTF-8"',
      'application/json; charset=klingon',
    ])('of type %s is taken', async (type) => {
      expect(await receiver.deliver(body, { 'Content-Type': type })).toMatchObject({ status: 204 });
    });

    it.each([
      null,
      '',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      'nonsense',
    ])('of type %j is answered 415', async (type) => {
      expect(await leavingNoRow(async () => [await receiver.deliver(body, { 'Content-Type': type })])).toEqual([415]);
    });

    it.each(['gzip', 'br', 'compress'])('compressed with %s is answered 415', async (encoding) => {
      const compressed = gzipSync(body);
      expect(
        await leavingNoRow(async () => [await receiver.deliver(compressed, { 'Content-Encoding': encoding })]),
      ).toEqual([415]);
    });

    it.each([false, true])('may have 1 MiB and not a byte more (chunked: %j)', async (chunked) => {
      expect(await receiver.deliver(ofSize(mebibyte), {}, { chunked })).toMatchObject({ status: 204 });
      expect(await leavingNoRow(async () => [await receiver.deliver(ofSize(mebibyte + 1), {}, { chunked })])).toEqual([
        413,
      ]);
    });

    it('that does not come in time is answered 408, and its connection ends', async () => {
      const clock = new ShiftedClock();
      const impatient = await Receiver.start(platform, {
        options: { webhook: { bodyTimeoutMs } },
        extras: { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] },
      });
      try {
        const request = open(impatient.url, {
          method: 'POST',
          headers: { ...signedHeaders(body), 'Content-Length': '1000' },
        });
        request.write('{');
        let answered: unknown;
        void answerTo(request).then(({ status, headers }) => (answered = [status, headers.connection]));
        // Nothing shows that the body is being read.
        await until(() => {
          clock.skip(bodyTimeoutMs);
          return answered !== undefined;
        });
        expect(answered).toEqual([408, 'close']);
      } finally {
        await impatient.close();
      }
    });

    it('without end is not read without end', async () => {
      const request = open(receiver.url, {
        method: 'POST',
        headers: { ...signedHeaders(body), 'Transfer-Encoding': 'chunked' },
      });
      const pour = (): void => {
        while (!request.destroyed && request.write(Buffer.alloc(65_536)));
      };
      request.on('drain', pour);
      const answered = answerTo(request);
      pour();
      expect((await answered).status).toBe(413);
      request.destroy();
    });

    it('that is cut off harms nobody', async () => {
      const request = open(receiver.url, {
        method: 'POST',
        headers: { ...signedHeaders(body), 'Content-Length': '1000' },
      });
      const cut = new Promise((resolve) => request.on('close', resolve));
      request.on('error', () => undefined);
      request.write('{', () => request.destroy());
      await cut;
      expect(await receiver.deliver()).toMatchObject({ status: 204 });
    });
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD'])('%s is none of its methods', async (method) => {
    expect(await receiver.deliver('{}', {}, { method })).toMatchObject({ status: 404 });
  });

  it('does not know other accounts than its own', async () => {
    expect(await receiver.deliverTo('/default', body)).toMatchObject({ status: 204 });
    expect(await leavingNoRow(async () => [await receiver.deliverTo('/nobody', body)])).toEqual([401]);
  });
});
