import type { SandboxClock } from '../clock/clock.js';
import type { SandboxDocument } from './document.js';

/** The documents of all accounts, by id. */
export class DocumentStore {
  private readonly documents = new Map<number, SandboxDocument>();
  private documentId: number;
  private runId: number;

  /** @param first ids of the first document and of the first extraction run */
  constructor(
    private readonly clock: SandboxClock,
    first: { readonly document: number; readonly run: number },
  ) {
    this.documentId = first.document - 1;
    this.runId = first.run - 1;
  }

  /** Keeps a new document under the next id. */
  add(document: Omit<SandboxDocument, 'id' | 'createdAt' | 'updatedAt'>): SandboxDocument {
    const now = this.clock.now();
    const added = { ...document, id: ++this.documentId, createdAt: now, updatedAt: now };
    this.documents.set(added.id, added);
    return added;
  }

  nextRunId(): number {
    return ++this.runId;
  }

  get(id: number): SandboxDocument | undefined {
    return this.documents.get(id);
  }

  /** @throws {Error} if there is no such document */
  need(id: number): SandboxDocument {
    const document = this.documents.get(id);
    if (document === undefined) throw new Error(`There is no document ${id}.`);
    return document;
  }

  /** All documents, the newest first. */
  list(): readonly SandboxDocument[] {
    return [...this.documents.values()].reverse();
  }

  /** Replaces a document. @throws {Error} if it is gone */
  update(id: number, patch: Partial<Omit<SandboxDocument, 'id' | 'account' | 'createdAt'>>): SandboxDocument {
    const updated = { ...this.need(id), updatedAt: this.clock.now(), ...patch };
    this.documents.set(id, updated);
    return updated;
  }

  delete(id: number): boolean {
    return this.documents.delete(id);
  }
}
