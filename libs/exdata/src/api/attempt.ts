import type { ExdataCallOptions, ExdataResult } from './calls.js';
import type { CallToken } from './call-token.js';
import type { Deadline } from './deadline.js';
import { MultipartBody } from './multipart.js';
import type { MultipartForm } from './multipart.js';
import type { Operation } from './operations.js';
import type { OnProgress } from './progress.js';
import type { Answer, Transport } from './transport.js';
import { unanswered } from './unanswered.js';

/** One call, which may take several attempts. */
export interface Call<T> {
  readonly operation: Operation;
  /** Path and query, encoded; begins with a slash. */
  readonly target: string;
  readonly documentId?: string | undefined;
  readonly options: ExdataCallOptions;
  /** Where the options name none, in milliseconds. */
  readonly defaultTimeoutMs: number;
  readonly upload?: {
    readonly form: MultipartForm;
    readonly idempotencyKey?: string;
    readonly progress?: (() => OnProgress) | undefined;
  };
  /** Takes the result out of a successful answer. What it throws is the attempt's failure. */
  readonly read: (answer: Answer, open: OpenAnswer) => T | Promise<T>;
}

/** An answer as its reader may go on with it after the call has ended. */
export interface OpenAnswer {
  /** Goes on too; to be cleared by the reader. */
  readonly deadline: Deadline;
  /** What a fault of the answer's body is to the caller. */
  readonly failure: (thrown: unknown) => Error;
}

/** What all attempts of a call share. */
export interface Exchange {
  readonly sentRequestId: string;
  readonly deadline: Deadline;
  readonly token: CallToken;
  /** Puts what the call has shown so far on a failure of this attempt. */
  readonly ended: (failure: Error) => Error;
}

/**
 * Sends the call once and reads the answer.
 * @throws {ExdataError} when it is not answered, or not with success; the reason of the caller's signal once that is
 * aborted
 */
export async function attempt<T>(
  transport: Transport,
  call: Call<T>,
  { sentRequestId, deadline, token, ended }: Exchange,
): Promise<ExdataResult<T>> {
  const { operation, target, documentId, upload } = call;
  // A body for each attempt, so that the file is opened anew.
  const body = upload && new MultipartBody(upload.form, upload.progress?.());
  const failure = (thrown: unknown): Error => {
    if (deadline.endedBy === 'caller') return errorOf(call.options.signal?.reason);
    const timedOutAfterMs = deadline.endedBy === 'timeout' ? deadline.timeoutMs : undefined;
    if (timedOutAfterMs === undefined && body?.fault !== undefined) return body.fault;
    const uploadStarted = body?.started ?? false;
    return unanswered(
      { operation: operation.id, documentId, requestId: sentRequestId, timedOutAfterMs, uploadStarted },
      thrown,
    );
  };
  const { idempotencyKey, form } = upload ?? {};
  try {
    const request = {
      operation,
      target,
      documentId,
      requestId: sentRequestId,
      deadline,
      token,
      idempotencyKey,
      form,
      body,
    };
    const answer = await transport.send(request);
    const data = await call.read(answer, { deadline, failure: (thrown) => ended(failure(thrown)) });
    return { data, status: answer.status, requestId: answer.requestId, sentRequestId };
  } catch (thrown) {
    if (deadline.endedBy === 'caller') call.options.signal?.throwIfAborted();
    throw failure(thrown);
  } finally {
    body?.dispose();
  }
}

/** An abort may give any value as its reason; a stream fails with errors alone. */
function errorOf(reason: unknown): Error {
  return isError(reason) ? reason : new Error('the call was aborted', { cause: reason });
}

/** Not by instanceof: the reason may come from another realm. */
function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}
