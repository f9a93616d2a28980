import { Worker } from 'node:worker_threads';
import type { SandboxLimits } from '../../limits.js';
import { readHere, type ToldReading } from './reading.js';

const tooLong: ToldReading = { unreadable: 'The file takes too long to be read.' };
const tooMuch: ToldReading = { unreadable: 'The file takes too much memory to be read.' };

/**
 * Where the worker's compiled file lies; null where this file was not compiled itself, as in tests that run sources.
 */
const workerFile = import.meta.url.endsWith('.js') ? new URL('./reading-worker.js', import.meta.url) : null;

/**
 * One thread that reads files one after the other. A file that takes longer than `limits.readingMs`, or more memory
 * than `limits.readingBytes`, ends it; the next file gets another one.
 */
export class ReadingThread {
  private worker: Worker | null = null;
  private line: Promise<unknown> = Promise.resolve();
  private closed = false;
  /** Files that are read or wait for it. */
  load = 0;

  constructor(private readonly limits: SandboxLimits) {}

  /** Never rejects. */
  read(bytes: Uint8Array): Promise<ToldReading> {
    this.load++;
    const turn = this.line.then(() => this.take(bytes)).finally(() => this.load--);
    this.line = turn;
    return turn;
  }

  /** Ends the thread, with whatever it reads. */
  async close(): Promise<void> {
    this.closed = true;
    await this.end();
  }

  private async take(bytes: Uint8Array): Promise<ToldReading> {
    if (workerFile === null) return readHere(bytes, this.limits);
    if (this.isClosed()) return tooLong;
    const worker = this.worker ?? (await this.begin(workerFile));
    this.worker = worker;
    const told = worker === null ? tooMuch : this.isClosed() ? tooLong : await this.readIn(worker, bytes);
    if (told === tooLong || told === tooMuch) await this.end();
    return told;
  }

  /** It may have been closed while something was waited for. */
  private isClosed(): boolean {
    return this.closed;
  }

  private readIn(worker: Worker, bytes: Uint8Array): Promise<ToldReading> {
    return new Promise<ToldReading>((resolve) => {
      const settle = (told: ToldReading): void => {
        clearTimeout(timer);
        worker.removeAllListeners('message').removeAllListeners('exit').unref();
        resolve(told);
      };
      const timer = setTimeout(settle, this.limits.readingMs, tooLong);
      worker.ref();
      worker.once('message', settle).once('exit', () => settle(tooMuch));
      worker.postMessage(bytes);
    });
  }

  /** Null where the thread ended before it had begun. */
  private begin(file: URL): Promise<Worker | null> {
    const worker = new Worker(file, {
      workerData: this.limits,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(this.limits.readingBytes / 2 ** 20) },
      stdout: true,
      stderr: true,
    });
    // Its end says all: a parser's fault, or memory.
    worker.on('error', () => undefined);
    return new Promise((resolve) => {
      worker.once('message', () => resolve(worker)).once('exit', () => resolve(null));
    });
  }

  private async end(): Promise<void> {
    const { worker } = this;
    this.worker = null;
    await worker?.terminate();
  }
}
