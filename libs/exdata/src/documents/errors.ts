import { ExdataError } from '../api/index.js';
import type { ExdataDocumentState } from './document-state.js';

interface Source {
  readonly type: string;
  readonly id: string;
}

/** The host gave something that cannot be used; the message names the field and the limit. */
export class ExdataInputError extends ExdataError {
  constructor(
    readonly field: string,
    problem: string,
  ) {
    super(`${field} ${problem}`, { code: 'invalid_input', retryable: false });
  }
}

/** There is no document for the source, or exdata does not have it yet. */
export class ExdataNotSubmittedError extends ExdataError {
  constructor(source: Source, why: string) {
    super(`no document for ${source.type} ${source.id}: ${why}`, { code: 'not_submitted', retryable: false, source });
  }
}

/** The document did not reach the state in time. It is still worked on: wait again. */
export class ExdataWaitTimeoutError extends ExdataError {
  constructor(source: Source, state: ExdataDocumentState, timeoutMs: number) {
    super(
      `${source.type} ${source.id} is still '${state}' after ${String(timeoutMs)} ms; it is still worked on, wait again or leave it to its handler`,
      {
        code: 'wait_timeout',
        retryable: true,
        source,
      },
    );
  }
}
