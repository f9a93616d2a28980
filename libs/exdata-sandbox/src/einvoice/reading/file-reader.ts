import type { SandboxLimits } from '../../limits.js';
import { ReadingThread } from './reading-thread.js';
import { toldReading, type Reading } from './reading.js';

/** A file that is dear to read holds up one of them. */
const threads = 3;

/**
 * Reads uploads in threads of their own: whatever a file does to its parser, the process goes on, and so do other
 * files.
 */
export class FileReader {
  private readonly pool: readonly ReadingThread[];

  constructor(limits: SandboxLimits) {
    this.pool = Array.from({ length: threads }, () => new ReadingThread(limits));
  }

  /** Never rejects. */
  read(bytes: Uint8Array): Promise<Reading> {
    if (!mayBeInvoice(bytes)) return Promise.resolve(undefined);
    const [first, ...others] = this.pool;
    // The first of those that have least to do: a thread begins only where it is needed.
    const idlest = others.reduce(
      (best, thread) => (best !== undefined && best.load <= thread.load ? best : thread),
      first,
    );
    return (idlest?.read(bytes) ?? Promise.reject(new Error('there is no thread'))).then(toldReading);
  }

  /** Ends the threads, with whatever they read. */
  async close(): Promise<void> {
    await Promise.all(this.pool.map((thread) => thread.close()));
  }
}

/** Whether the bytes may begin a PDF, or XML in any encoding: what else people send needs no reading. */
function mayBeInvoice(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024));
  return head.includes('%PDF-') || head.includes('<');
}
