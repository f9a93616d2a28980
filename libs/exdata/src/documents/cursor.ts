import { ExdataInputError } from './errors.js';

interface Place {
  readonly createdAt: number;
  readonly id: string;
}

export function encodeCursor({ createdAt, id }: Place): string {
  return Buffer.from(`${String(createdAt)}.${id}`).toString('base64url');
}

/** @throws {ExdataInputError} when it is not one that {@link encodeCursor} made */
export function decodeCursor(cursor: string): Place {
  const found = /^(\d{1,16})\.([\w-]{1,36})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (found?.[1] === undefined || found[2] === undefined)
    throw new ExdataInputError('after', 'is not the `next` of an earlier page');
  return { createdAt: Number(found[1]), id: found[2] };
}
