import type { ReadBody } from './body-reader.js';

interface RequestWithBody {
  rawBody?: Buffer | undefined;
}

const held = new WeakMap<object, ReadBody>();

/** Puts a body that was read to its end on its request, where the guard looks for it. */
export function holdBody(request: object & RequestWithBody, read: ReadBody): void {
  request.rawBody = read.bytes;
  held.set(request, read);
}

/** The body is exdata's: it counts no more among those of strangers. */
export function bodyIsVerified(request: object): void {
  held.get(request)?.body.close();
}

/** Nobody wants the body any more: neither it nor its bytes stay with the request, however long that lives. */
export function forgetBody(request: object & RequestWithBody): void {
  const read = held.get(request);
  if (!read) return;
  held.delete(request);
  request.rawBody = undefined;
  read.body.close();
}
