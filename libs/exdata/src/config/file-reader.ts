import type { BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Refreshed } from './refreshed.js';
import type { SourceContext } from './source-context.js';
import { errorName, SourceFault } from './source-fault.js';

/** Time between two looks at the file, in milliseconds. */
const lookEveryMs = 1_000;
const longest = 65_536n;

/**
 * Tells one content of a path from another. The link's target counts: Kubernetes renews a mounted secret by pointing a
 * link elsewhere.
 */
const versionOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(':');

/** Reads a file again when it has changed. */
export function fileReader(path: string, { clock }: SourceContext): Refreshed<string> {
  let known: { readonly version: string; readonly text: string } | undefined;
  return new Refreshed(
    async () => {
      try {
        const version = versionOf(await stat(path, { bigint: true }));
        if (known?.version !== version) known = await readWhole(path);
        return known.text;
      } catch (error) {
        throw error instanceof SourceFault ? error : SourceFault.of(`cannot be read (${errorName(error)})`);
      }
    },
    lookEveryMs,
    lookEveryMs,
    clock,
  );
}

async function readWhole(path: string): Promise<{ version: string; text: string }> {
  const file = await open(path);
  try {
    const before = await file.stat({ bigint: true });
    if (!before.isFile()) throw SourceFault.of('is no regular file');
    if (before.size > longest) throw SourceFault.of(`is larger than ${longest.toLocaleString('en')} bytes`);
    const text = (await file.readFile('utf8')).trim();
    const version = versionOf(await file.stat({ bigint: true }));
    if (version !== versionOf(before)) throw SourceFault.of('is being written');
    if (text === '') throw SourceFault.of('is empty');
    return { version, text };
  } finally {
    await file.close();
  }
}
