import type { Scripted } from '../script.js';
import type { DocumentStore } from './document-store.js';
import type { SandboxDocument } from './document.js';
import type { Outcome } from './outcome.js';
import type { Processing, ProcessingTime } from './processing.js';

/** What a test does to documents. */
export class Documents {
  constructor(
    private readonly store: DocumentStore,
    private readonly processing: Processing,
  ) {}

  /** A document as it is now. */
  get(id: number): SandboxDocument | undefined {
    return this.store.get(id);
  }

  /** All documents, the newest first. */
  list(): readonly SandboxDocument[] {
    return this.store.list();
  }

  /**
   * Ends the processing of a document now, also of one that has ended. Resolves when the webhooks' first attempts are over.
   * @param outcome completed with what was read, by default
   * @param patch laid over the document's JSON: `{ status: 'archived' }` plays a status that the contract does not know
   * @throws {Error} if there is no such document
   */
  finish(id: number, outcome?: Outcome, patch?: Readonly<Record<string, unknown>>): Promise<SandboxDocument> {
    return this.processing.finish(id, outcome, patch);
  }

  /** Begins a new extraction run of a document. @throws {Error} if there is no such document */
  rerun(id: number): SandboxDocument {
    return this.processing.rerun(id);
  }

  /**
   * Lays down how processing ends, for the next document or as `times` and `match` say.
   * @returns a function that takes it back
   */
  setOutcome(outcome: Outcome, which: Omit<Scripted<SandboxDocument, Outcome>, 'effect'> = {}): () => void {
    return this.processing.script({ ...which, effect: outcome });
  }

  /** How long processing takes from the next document on; `manual` holds documents until {@link finish}. */
  setProcessing(time: ProcessingTime): void {
    this.processing.time = time;
  }
}
