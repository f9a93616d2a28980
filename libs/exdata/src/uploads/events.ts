import type { ExdataSource } from '../documents/index.js';

/** How far one attempt to send a document has come. */
export interface ExdataUploadProgress {
  readonly account: string;
  readonly source: ExdataSource;
  readonly generation: number;
  /** Of the file, as they are taken for sending; begins anew with each attempt. */
  readonly sentBytes: number;
  readonly totalBytes: number;
}

/** What is told of, by name. */
export interface ExdataEventMap {
  /**
   * In the process that sends: at the first bytes of an attempt, at its last ones, and four times a second in between.
   */
  readonly 'upload.progress': ExdataUploadProgress;
}

export type ExdataEventListener<Name extends keyof ExdataEventMap> = (event: ExdataEventMap[Name]) => void;

/**
 * Tells of what happens in this process, while it happens. Events are not stored: for effects that must not be lost
 * there are handlers.
 */
export class ExdataEvents {
  readonly #listeners: { readonly [Name in keyof ExdataEventMap]: Set<ExdataEventListener<Name>> } = {
    'upload.progress': new Set(),
  };

  /** @param onFault told of what listeners throw, which does not reach the work that they were told of */
  constructor(private readonly onFault: (name: keyof ExdataEventMap, error: unknown) => void) {}

  /** Calls the listener for each event from now on. The returned function ends that. */
  on<Name extends keyof ExdataEventMap>(name: Name, listener: ExdataEventListener<Name>): () => void {
    const listeners: Set<ExdataEventListener<Name>> = this.#listeners[name];
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  emit<Name extends keyof ExdataEventMap>(name: Name, event: ExdataEventMap[Name]): void {
    const listeners: Set<ExdataEventListener<Name>> = this.#listeners[name];
    for (const listener of listeners) this.tell(name, listener, event);
  }

  /** Calls one listener as {@link emit} would. */
  tell<Name extends keyof ExdataEventMap>(
    name: Name,
    listener: ExdataEventListener<Name>,
    event: ExdataEventMap[Name],
  ): void {
    try {
      listener(event);
    } catch (error) {
      this.onFault(name, error);
    }
  }
}
