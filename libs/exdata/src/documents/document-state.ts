/** exdata's own states of a document (exdata docs: Documents). */
const exdataStatuses = ['pending', 'completed', 'error', 'blocked'] as const;

/**
 * Where a document stands: exdata's four states as exdata names them, and ours around them.
 * - `queued`: stored here, not sent yet
 * - `uploading`: a worker is sending it
 * - `unconfirmed`: the bytes may have reached exdata, the answer did not reach us
 * - `rejected`: exdata refused the upload (422)
 * - `failed`: we gave up; a person has to look
 */
export const exdataDocumentStates = [
  'queued',
  'uploading',
  'unconfirmed',
  ...exdataStatuses,
  'rejected',
  'failed',
] as const;
/** One of {@link exdataDocumentStates}. */
export type ExdataDocumentState = (typeof exdataDocumentStates)[number];

export type TerminalStatus = 'completed' | 'error' | 'blocked';
const terminalStatuses: readonly TerminalStatus[] = ['completed', 'error', 'blocked'];

/** What handlers are called for: a final state, or `unread`, a completed document whose extraction cannot be read. */
export type ExdataHandledStatus = TerminalStatus | 'unread';

const atExdata: readonly ExdataDocumentState[] = exdataStatuses;
const beforeExdata: readonly ExdataDocumentState[] = ['queued', 'uploading', 'unconfirmed'];

/**
 * The one transition table: from each state, the states that may follow. exdata is the authority on what it holds, so
 * whatever it is seen to hold may follow any state of ours, even one we had given up on. Between exdata's own final
 * states only a new extraction run moves a document, except that a blocked one may be resumed (exdata does not say
 * whether it ever is). To `pending` it returns only where its answer named no document (402): of one that we know,
 * `pending` in the same run is late news.
 */
export const exdataTransitions: Readonly<Record<ExdataDocumentState, readonly ExdataDocumentState[]>> = {
  queued: [...beforeExdata, ...atExdata, 'rejected', 'failed'],
  uploading: [...beforeExdata, ...atExdata, 'rejected', 'failed'],
  unconfirmed: [...beforeExdata, ...atExdata, 'rejected', 'failed'],
  pending: atExdata,
  completed: ['completed'],
  error: ['error'],
  blocked: atExdata,
  rejected: ['rejected', ...atExdata],
  failed: ['failed', ...atExdata],
};

/** Those that a new extraction run opens again. */
const afterNewRun: readonly ExdataDocumentState[] = atExdata;

/** Whether `to` may follow `from`; `newRun` when exdata has begun another extraction run of the document. */
export function mayFollow(from: ExdataDocumentState, to: ExdataDocumentState, newRun = false): boolean {
  return exdataTransitions[from].includes(to) || (newRun && afterNewRun.includes(to));
}

export function isTerminal(state: string): state is TerminalStatus {
  return (terminalStatuses as readonly string[]).includes(state);
}

export function isHandled(status: string): status is ExdataHandledStatus {
  return status === 'unread' || isTerminal(status);
}

/** States in which nothing further happens by itself. */
export function isSettled(state: ExdataDocumentState): boolean {
  return isTerminal(state) || state === 'rejected' || state === 'failed';
}
