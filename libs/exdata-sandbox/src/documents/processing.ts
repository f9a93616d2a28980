import type { CancelTimer, SandboxClock } from '../clock/clock.js';
import type { FileReader } from '../einvoice/reading/file-reader.js';
import type { Reading } from '../einvoice/reading/reading.js';
import { UnreadableInvoiceError } from '../einvoice/unreadable.js';
import type { SeededRandom } from '../random.js';
import { Script, type Scripted } from '../script.js';
import { defaultInvoice } from './default-invoice.js';
import type { DocumentStore } from './document-store.js';
import type { Patch, SandboxDocument } from './document.js';
import { overlay, type Outcome } from './outcome.js';

/** Milliseconds from acceptance to the end, or `manual`: a document stays pending until `finish` is called. */
export type ProcessingTime = number | 'manual';

interface ProcessingOptions {
  readonly clock: SandboxClock;
  readonly reader: FileReader;
  readonly random: SeededRandom;
  readonly store: DocumentStore;
  readonly stages: readonly string[];
  readonly time: ProcessingTime;
  /** Told of each end and each new run; what it returns is waited for at an end. */
  readonly onChange: (document: SandboxDocument) => Promise<void>;
}

/** The life of a document: pending, through its stages, to completed, error or blocked, and again for a re-run. */
export class Processing {
  /** Counts from the next document or re-run on. */
  time: ProcessingTime;
  private readonly outcomes = new Script<SandboxDocument, Outcome>();
  private readonly readings = new Map<number, Promise<Reading>>();
  private readonly timers = new Map<number, CancelTimer[]>();

  constructor(private readonly options: ProcessingOptions) {
    this.time = options.time;
  }

  /** Lays down how the next documents that match will end. @returns takes it back */
  script(entry: Scripted<SandboxDocument, Outcome>): () => void {
    return this.outcomes.add(entry);
  }

  /** Forgets what was laid down. */
  clearScript(): void {
    this.outcomes.clear();
  }

  /** Begins with a new document. The bytes are read at once and not kept; null for a file that is not read. */
  begin(document: SandboxDocument, bytes: Uint8Array | null): void {
    this.readings.set(document.id, bytes === null ? Promise.resolve(undefined) : this.options.reader.read(bytes));
    this.schedule(document.id);
  }

  /** Begins a new extraction run of a document that has ended. */
  rerun(id: number): SandboxDocument {
    this.stop(id);
    const { store, clock, stages } = this.options;
    const run = { id: store.nextRunId(), status: 'pending', blockedReason: null, createdAt: clock.now() } as const;
    const patch = {
      status: 'pending',
      stage: stages[0] ?? null,
      error: null,
      blockedReason: null,
      fields: null,
      run,
    } as const;
    const document = store.update(id, patch);
    this.schedule(id);
    void this.options.onChange(document);
    return document;
  }

  /**
   * Ends processing now, whatever was scheduled. Resolves when the webhooks' first attempts are over.
   * @param patch laid over the document's JSON from now on
   */
  async finish(id: number, outcome: Outcome = { status: 'completed' }, patch: Patch = {}): Promise<SandboxDocument> {
    this.stop(id);
    const reading = await this.readings.get(id);
    const before = this.options.store.need(id);
    const document = this.options.store.update(id, {
      ...this.ended(before, outcome, reading),
      patch: { ...before.patch, ...outcome.patch, ...patch },
    });
    await this.options.onChange(document);
    return document;
  }

  /** Forgets a deleted document. */
  forget(id: number): void {
    this.stop(id);
    this.readings.delete(id);
  }

  /** Cancels everything that is scheduled. */
  close(): void {
    for (const id of [...this.timers.keys()]) this.stop(id);
  }

  private schedule(id: number): void {
    if (this.time === 'manual') return;
    const { clock, stages, store } = this.options;
    const time = this.time;
    const later = stages.slice(1).map((stage, index) => {
      return clock.setTimeout(() => void store.update(id, { stage }), (time * (index + 1)) / stages.length);
    });
    const end = async (): Promise<void> => {
      await this.finish(id, this.outcomes.take(store.need(id)) ?? (await this.natural(id)));
    };
    this.timers.set(id, [...later, clock.setTimeout(end, time)]);
  }

  private async natural(id: number): Promise<Outcome> {
    const reading = await this.readings.get(id);
    return reading instanceof UnreadableInvoiceError
      ? { status: 'error', error: { code: 'unreadable_file', message: reading.message } }
      : { status: 'completed' };
  }

  private ended(document: SandboxDocument, outcome: Outcome, reading: Reading): Partial<SandboxDocument> {
    const fields = reading instanceof UnreadableInvoiceError ? undefined : reading;
    const blockedReason = outcome.status === 'blocked' ? (outcome.reason ?? 'policy') : null;
    const fallback = (): ReturnType<typeof defaultInvoice> =>
      defaultInvoice(this.options.random.fork(`document/${document.id}`), document.createdAt);
    return {
      status: outcome.status,
      stage: outcome.status,
      error: outcome.status === 'error' ? (outcome.error === undefined ? unexplained : outcome.error) : null,
      blockedReason,
      isEInvoice: reading !== undefined,
      fields: outcome.status === 'completed' ? overlay(fields ?? fallback(), outcome.fields) : null,
      run: document.run && { ...document.run, status: outcome.status, blockedReason },
    };
  }

  private stop(id: number): void {
    for (const cancel of this.timers.get(id) ?? []) cancel();
    this.timers.delete(id);
  }
}

const unexplained = { code: 'processing_failed', message: 'The document could not be processed.' };
