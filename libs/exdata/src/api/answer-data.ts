import { z } from 'zod';
import { ExdataProtocolError } from './errors.js';
import { isJsonObject } from './json.js';
import type { JsonObject, ExdataJson } from './json.js';
import { deepestAnswer } from './nesting.js';
import type { Operation } from './operations.js';
import type { Answer } from './transport.js';

/** What an error about an answer is said of. */
export interface AnsweredCall {
  readonly operation: Operation;
  readonly documentId?: string | undefined;
  /** Whether what is nested too deep makes the whole answer useless; else it is the reader's to leave out. */
  readonly whole?: boolean;
}

/** An error about an answer that came with success, but not as the contract says. */
export function protocolError(
  answer: Answer,
  call: AnsweredCall,
  fault: { code: string; what: string; retryable: boolean },
): ExdataProtocolError {
  const { status, requestId } = answer;
  const { operation, documentId } = call;
  return new ExdataProtocolError(
    `exdata answered ${status} to ${operation.id} (request ${requestId}), but ${fault.what}`,
    {
      status,
      code: fault.code,
      retryable: fault.retryable,
      requestId,
      documentId,
      mayHaveCreatedDocument: operation.creates,
    },
  );
}

/**
 * Takes the result out of an answer's `data` (exdata docs: Responses).
 * @param parse throws a ZodError when the data is not what the contract says
 * @throws {ExdataProtocolError} `response_too_large`, `response_too_heavy`, `response_too_deep`, `invalid_json` or
 * `invalid_response`
 */
export function dataOf<T>(answer: Answer, call: AnsweredCall, parse: (data: ExdataJson) => T | Promise<T>): Promise<T> {
  return bodyOf(answer, call, ({ data = null }) => parse(data));
}

/**
 * Takes the result out of an answer with more beside its `data`.
 * @param parse throws a ZodError when the data is not what the contract says
 * @throws {ExdataProtocolError} as {@link dataOf}
 */
export async function bodyOf<T>(
  answer: Answer,
  call: AnsweredCall,
  parse: (body: JsonObject) => T | Promise<T>,
): Promise<T> {
  const fault = (code: string, what: string, retryable: boolean): ExdataProtocolError =>
    protocolError(answer, call, { code, what, retryable });
  // The same would come again, but for an upload, whose answer is only the word on a document that is there.
  const again = call.operation.creates;
  const body = await answer.read();
  if (body.kind === 'too_large')
    throw fault(
      'response_too_large',
      `with more than ${body.maxBytes} bytes. Raise maxResponseBytes if that is expected.`,
      again,
    );
  if (body.kind === 'too_heavy')
    throw fault('response_too_heavy', 'with more values than are read in one go. A person has to look.', again);
  if (body.kind === 'other')
    throw fault('invalid_json', 'not with JSON. Check that nothing before exdata answers in its place.', true);
  if (call.whole === true && body.depth > deepestAnswer)
    throw fault('response_too_deep', `nested ${body.depth} levels deep. A person has to look.`, again);
  if (!isJsonObject(body.value) || !('data' in body.value))
    throw fault('invalid_response', 'without data. Check the base URL.', true);
  try {
    return await parse(body.value);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    // By name as the contract has them; never many, and never by names that came.
    const places = error.issues.slice(0, 5).map((issue) => ['data', ...issue.path].join('.').slice(0, 100));
    throw fault('invalid_response', `its ${places.join(', ')} is not as the contract says.`, true);
  }
}

/** For a call whose status says all; the body is read away, so that its connection is free again. */
export async function nothingOf(answer: Answer): Promise<void> {
  await answer.read();
}
