/** Bodies that a stranger may send, dear to parse, to match or to write again. */

/** @typedef {{ name: string, body: Buffer, chunked?: boolean }} Shape `chunked`: sent in chunks of one byte */

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** @param {string} unit @param {number} bytes */
const fill = (unit, bytes) => unit.repeat(Math.ceil(bytes / Buffer.byteLength(unit))).slice(0, bytes);
/** @param {number} depth @param {string} inner */
const nest = (depth, inner) => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;
/** @param {number} bytes */
const noise = (bytes) =>
  Buffer.from(Array.from({ length: bytes }, (_, at) => (Math.imul(at + 1, 2_654_435_761) >>> 13) & 0xff));

/** @type {Readonly<Record<string, string | Buffer>>} */
const bodies = {
  'a delivery of 1 KiB': `{"event":"document.completed","data":{"id":1},"note":"${fill('x', 960)}"}`,
  'zeros in 2,400 brackets, 61 KB': nest(2_400, Array(28_000).fill(0).join()),
  'zeros in 500 brackets, 41 KB': nest(500, Array(20_000).fill(0).join()),
  '30,000 brackets, 30 KB': '['.repeat(30_000),
  '500,000 brackets that close, 1 MB': nest(500_000, ''),
  'what is escaped, 64 KiB': JSON.stringify(fill('é/', 40 * kibibyte)),
  'short texts of one letter, 64 KiB': JSON.stringify(Array(12_000).fill('é')),
  '4,000 keys, 50 KB': JSON.stringify(Object.fromEntries(Array.from({ length: 4_000 }, (_, key) => [`k${key}`, key]))),
  '20,000 keys, 270 KB': JSON.stringify(
    Object.fromEntries(Array.from({ length: 20_000 }, (_, key) => [`k${key}`, key])),
  ),
  'backslashes, 1 MiB': fill('\\', mebibyte),
  'quotes, 256 KiB': fill('"', 256 * kibibyte),
  'white space, 1 MiB': fill(' ', mebibyte),
  'line ends, 64 KiB': fill('\r\n', 64 * kibibyte),
  'JSON that is cut off, 16 KiB': fill('{"a":[1,{"b":"c"},', 16 * kibibyte),
  'bytes that are no text, 64 KiB': noise(64 * kibibyte),
};

/** @type {readonly Shape[]} */
export const shapes = [
  ...Object.entries(bodies).map(([name, body]) => ({ name, body: Buffer.from(body) })),
  { name: 'one byte in each chunk, 16 KiB', body: Buffer.alloc(16 * kibibyte, '['), chunked: true },
];
