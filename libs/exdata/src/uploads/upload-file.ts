import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';

/** The bytes to send: a path, bytes in memory, a Blob, or a function that opens a stream. Read once; the spool serves every attempt. */
export type UploadFile = string | Uint8Array | Blob | (() => Readable);

export function openFile(file: UploadFile): Readable {
  if (typeof file === 'string') return createReadStream(file);
  if (typeof file === 'function') return file();
  if (file instanceof Blob) return Readable.from(blobChunks(file));
  return Readable.from([file]);
}

/** The name that comes with the file, if any. */
export function nameOf(file: UploadFile): string | undefined {
  if (typeof file === 'string') return path.basename(file);
  return file instanceof Blob && 'name' in file && typeof file.name === 'string' ? file.name : undefined;
}

/** A name that can be kept and sent: no path, no control characters or quotes, at most 200 characters with its ending kept. */
export function cleanFilename(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const plain = last.replace(/[\p{Cc}"]/gu, '').trim();
  if (plain.length <= 200) return plain || 'document';
  const ending = path.extname(plain).slice(0, 20);
  return plain.slice(0, 200 - ending.length) + ending;
}

async function* blobChunks(blob: Blob): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}
