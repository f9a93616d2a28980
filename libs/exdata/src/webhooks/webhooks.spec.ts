import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { ExdataRequestError } from '../api/index.js';
import { resourceId } from '../api/resource-id.js';
import { documentIdIn } from './delivery-body.js';
import { signerOf } from './signature.js';
import { storedBody } from './stored-body.js';
import { placeInWindow } from './timestamp.js';

describe('[W1] signature', () => {
  // The worked example of the contract, section 12.
  const secret = { id: 'docs', secret: 'demo_secret_for_docs_only' };
  const body = Buffer.from('{"event":"document.completed","data":{"id":123,"mode":"test","status":"completed"}}');
  const signature = '213627c32c88acf9e5c84cdd33f20c95107a7e36b6b35b1cb90447a6e6ee31dd';

  it('is the contract’s', () => {
    expect(signerOf(body, signature, [secret])).toBe('docs');
  });

  it('covers each byte', () => {
    for (let index = 0; index < body.length; index++) {
      const flipped = Buffer.from(body);
      flipped.writeUInt8(flipped.readUInt8(index) ^ 1, index);
      expect(signerOf(flipped, signature, [secret])).toBeNull();
    }
    expect(signerOf(Buffer.concat([body, Buffer.from('\n')]), signature, [secret])).toBeNull();
  });

  it.each([
    '',
    signature.slice(1),
    `${signature}0`,
    signature.toUpperCase(),
    `sha256=${signature}`.slice(0, 64),
    `${signature.slice(1)}é`,
  ])('refuses %j', (given) => {
    expect(signerOf(body, given, [secret])).toBeNull();
  });

  it('names the one of several secrets that signed', () => {
    const current = { id: 'current', secret: 'another secret of good length' };
    expect(signerOf(body, signature, [current, secret])).toBe('docs');
    expect(signerOf(body, createHmac('sha256', current.secret).update(body).digest('hex'), [current, secret])).toBe(
      'current',
    );
    expect(signerOf(body, signature, [current])).toBeNull();
  });
});

describe('[W2] timestamp', () => {
  const now = 1_700_000_000_000;
  const window = { pastMs: 300_000, futureMs: 60_000 };
  it.each([
    [0, 'inside'],
    [300, 'inside'],
    [301, 'stale'],
    [-60, 'inside'],
    [-61, 'early'],
  ])('of %i s ago is %s', (age, place) => {
    expect(placeInWindow(String(now / 1000 - age), now, window)).toBe(place);
  });
  it.each(['', 'now', '1.5', '-5', '1e9', ' 1700000000', '9'.repeat(13)])('%j is malformed', (header) => {
    expect(placeInWindow(header, now, window)).toBe('malformed');
  });
  it.each([now, now + 3_600_000, now - 86_400_000])('%i are milliseconds', (header) => {
    expect(placeInWindow(String(header), now, window)).toBe('milliseconds');
  });
  it('of 0 is as stale as it gets', () => {
    expect(placeInWindow('0', now, window)).toBe('stale');
  });
});

describe('the document of a delivery', () => {
  it.each([
    [{ event: 'x', data: { id: 123 } }, '123'],
    [{ data: { id: 'a-1' } }, 'a-1'],
    [{ data: { id: 5, document: { id: 123 } } }, '123'],
    [{ document: { id: 123 } }, '123'],
    [{ document_id: 123 }, '123'],
    [{ data: { document_id: 123 } }, '123'],
    [{ event: 'account.changed', data: [] }, null],
    [{ data: { id: null } }, null],
    [{ data: { id: 1.5 } }, null],
    [[], null],
    [null, null],
  ])('is found in %j', (body, id) => {
    expect(documentIdIn(Buffer.from(JSON.stringify(body)))).toBe(id);
  });

  it.each(['', '.', '..', '\u{1f600}', 'a b', '12\u0000', 'ü', '\n', 'x'.repeat(256)])(
    'is none where exdata could not be asked for it: %j',
    (id) => {
      expect(() => resourceId(id)).toThrow(ExdataRequestError);
      for (const body of [{ data: { id } }, { document_id: id }, { data: { document: { id } } }])
        expect(documentIdIn(Buffer.from(JSON.stringify(body)))).toBeNull();
    },
  );

  it.each(['x'.repeat(255), '...a', '!~', '%2e%2e'])('is found where exdata can be asked for it: %j', (id) => {
    expect(resourceId(id)).toBe(encodeURIComponent(id));
    expect(documentIdIn(Buffer.from(JSON.stringify({ data: { id } })))).toBe(id);
  });

  it('is none in what is no JSON', () => {
    expect(documentIdIn(Buffer.from('{"data":'))).toBeNull();
    expect(documentIdIn(Buffer.from([0xff, 0xfe, 0x7b]))).toBeNull();
  });
});

it.each([
  Buffer.from('{"a":"ü"}'),
  Buffer.from([0xff, 0x00, 0x7b]),
  Buffer.from('a\0b'),
  Buffer.from('base64:e30='),
  Buffer.alloc(0),
])('the signed bytes are kept to the bit: %j', (bytes) => {
  const stored = storedBody.to(bytes) as string;
  expect(stored).not.toContain('\0');
  expect(storedBody.from(stored)).toEqual(bytes);
});
