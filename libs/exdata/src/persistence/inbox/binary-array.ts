/**
 * Types of elements, by their ids in `pg_type`, which are the same everywhere (PostgreSQL source:
 * src/include/catalog/pg_type.dat).
 */
const oids = { text: 25, bigint: 20 };

type Element = string | number | Buffer;

export interface ArrayParameter {
  readonly type: keyof typeof oids;
  /** Text or the UTF-8 of it for `text`, safe integers for `bigint`; not empty. */
  readonly values: readonly Element[];
}

/** Dimensions, whether there are nulls, type, length, first index: five words. */
const headBytes = 20;
const wordBytes = 4;
const bigintBytes = 8;
/** The most that UTF-8 takes for a unit of UTF-16. */
const bytesOfUnit = 3;

/**
 * One-dimensional arrays as PostgreSQL takes them in binary (source: array_recv in src/backend/utils/adt/arrayfuncs.c),
 * which costs both ends less than the text of an array: nothing is escaped. All lie in one piece of memory, since to
 * get one takes longer than to fill it.
 */
export function binaryArrays(arrays: readonly ArrayParameter[]): Buffer[] {
  const memory = Buffer.allocUnsafe(arrays.reduce((sum, { values }) => sum + mostBytesOf(values), 0));
  let end = 0;
  return arrays.map((array) => {
    const start = end;
    end = write(array, memory, start);
    return memory.subarray(start, end);
  });
}

function mostBytesOf(values: readonly Element[]): number {
  let bytes = headBytes + values.length * wordBytes;
  for (const value of values)
    bytes += typeof value === 'number' ? bigintBytes : value.length * (typeof value === 'string' ? bytesOfUnit : 1);
  return bytes;
}

/** @returns where it ends */
function write({ type, values }: ArrayParameter, memory: Buffer, start: number): number {
  let end = start;
  for (const word of [1, 0, oids[type], values.length, 1]) end = memory.writeInt32BE(word, end);
  for (const value of values) {
    const length = writeElement(value, memory, end + wordBytes);
    end = memory.writeInt32BE(length, end) + length;
  }
  return end;
}

function writeElement(value: Element, memory: Buffer, at: number): number {
  if (typeof value === 'string') return memory.write(value, at);
  if (typeof value !== 'number') return value.copy(memory, at);
  // Not as a BigInt: that would be made for this alone.
  memory.writeInt32BE(Math.floor(value / 2 ** 32), at);
  memory.writeUInt32BE(value >>> 0, at + wordBytes);
  return bigintBytes;
}
