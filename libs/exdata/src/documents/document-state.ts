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
export const documentStates = ['queued', 'uploading', 'unconfirmed', ...exdataStatuses, 'rejected', 'failed'] as const;
export type DocumentState = (typeof documentStates)[number];

export type TerminalStatus = 'completed' | 'error' | 'blocked';
const terminalStatuses: readonly TerminalStatus[] = ['completed', 'error', 'blocked'];

const atExdata: readonly DocumentState[] = exdataStatuses;
const beforeExdata: readonly DocumentState[] = ['queued', 'uploading', 'unconfirmed'];

/**
 * The one transition table: from each state, the states that may follow. exdata is the authority on what it holds, so
 * whatever it is seen to hold may follow any state of ours, even one we had given up on. Between exdata's own final states only a new
 * extraction run moves a document, except that a blocked one may be resumed (exdata does not say whether it ever is). To `pending` it
 * returns only where its answer named no document (402): of one that we know, `pending` in the same run is late news.
 */
export const transitions: Readonly<Record<DocumentState, readonly DocumentState[]>> = {
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
const afterNewRun: readonly DocumentState[] = atExdata;

/** Whether `to` may follow `from`; `newRun` when exdata has begun another extraction run of the document. */
export function mayFollow(from: DocumentState, to: DocumentState, newRun = false): boolean {
  return transitions[from].includes(to) || (newRun && afterNewRun.includes(to));
}

export function isTerminal(state: string): state is TerminalStatus {
  return (terminalStatuses as readonly string[]).includes(state);
}

/** States in which nothing further happens by itself. */
export function isSettled(state: DocumentState): boolean {
  return isTerminal(state) || state === 'rejected' || state === 'failed';
}
