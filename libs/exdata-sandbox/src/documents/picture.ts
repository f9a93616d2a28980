import { crc32, deflateSync } from 'node:zlib';

const [width, height] = [62, 88];
const lineHeight = 6;
const [paper, ink] = [0xff, 0x4a];

/**
 * A small greyscale PNG (W3C: PNG, third edition) that looks like a page of text. The simulator renders nothing: the
 * lengths of the lines follow from the file's digest and the page's number, so that two documents never look alike.
 * @param sha256 lower-case hex
 * @param number from 1
 */
export function pagePicture(sha256: string, number: number): Buffer {
  const lines = Buffer.from(sha256, 'hex');
  // Each row begins with the filter it was written with: none.
  const rows = Array.from({ length: height }, (_, y) => {
    const row = Buffer.alloc(width + 1, paper);
    row[0] = 0;
    const line = Math.floor(y / lineHeight);
    const isInk = y % lineHeight >= 3 && line > 0 && line < Math.floor(height / lineHeight) - 1;
    if (isInk) row.fill(ink, 7, 7 + 8 + (((lines[(line + number) % lines.length] ?? 0) + number) % (width - 20)));
    return row;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Bits a sample; the colour type (grey), compression, filter and interlace methods are all 0.
  header[8] = 8;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
