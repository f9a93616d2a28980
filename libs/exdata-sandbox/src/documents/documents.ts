import type { Scripted } from '../script.js';
import type { DocumentStore } from './document-store.js';
import type { Patch, SandboxDocument } from './document.js';
import type { Outcome } from './outcome.js';
import type { Processing, ProcessingTime } from './processing.js';
import type { Uploads } from './uploads.js';

/** What a test does to documents. */
export class Documents {
  constructor(
    private readonly store: DocumentStore,
    private readonly processing: Processing,
    private readonly uploads: Uploads,
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
   * Ends the processing of a document now, also of one that has ended. Resolves when the webhooks' first attempts are
   * over.
   * @param outcome completed with what was read, by default
   * @param patch laid over the document's JSON, over the outcome's own
   * @throws {Error} if there is no such document
   */
  finish(id: number, outcome?: Outcome, patch?: Patch): Promise<SandboxDocument> {
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

  /**
   * Lays keys over the JSON of the next document, or as `times` and `match` say, from its first answer on:
   * `{ mode: 'live' }` plays a document of the wrong mode.
   * @returns a function that takes it back
   */
  setPatch(patch: Patch, which: Omit<Scripted<SandboxDocument, Patch>, 'effect'> = {}): () => void {
    return this.uploads.script({ ...which, effect: patch });
  }

  /**
   * Lays keys over the JSON of a document; nothing else changes, and no webhook tells of it. @throws {Error} if there
   * is no such document
   */
  patch(id: number, patch: Patch): SandboxDocument {
    return this.store.update(id, { patch: { ...this.store.need(id).patch, ...patch } });
  }

  /** Takes back all outcomes and patches that were laid down and not used yet. */
  clear(): void {
    this.processing.clearScript();
    this.uploads.clearScript();
  }

  /** How long processing takes from the next document on; `manual` holds documents until {@link finish}. */
  setProcessing(time: ProcessingTime): void {
    this.processing.time = time;
  }
}
