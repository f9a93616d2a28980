import { z } from 'zod';
import type { ExdataResult } from './calls.js';
import { ExdataProtocolError } from './errors.js';
import { isJsonObject } from './json.js';
import type { Operation } from './operations.js';
import type { Answer } from './transport.js';

/**
 * Takes the result out of an answer's `data` (exdata docs: Responses).
 * @param parse throws a ZodError when the data is not what the contract says
 * @throws {ExdataProtocolError} `response_too_large`, `invalid_json` or `invalid_response`
 */
export function dataOf<T>(
  answer: Answer,
  call: { operation: Operation; documentId?: string },
  parse: (data: unknown) => T,
): ExdataResult<T> {
  const { status, requestId, body } = answer;
  const { operation, documentId } = call;
  const fault = (code: string, what: string, retryable: boolean): ExdataProtocolError =>
    new ExdataProtocolError(`exdata answered ${status} to ${operation.id} (request ${requestId}), but ${what}`, {
      code,
      retryable,
      requestId,
      documentId,
      mayHaveCreatedDocument: operation.creates,
    });
  if (body.kind === 'too_large')
    throw fault(
      'response_too_large',
      `with more than ${body.maxBytes} bytes. Raise maxResponseBytes if that is expected.`,
      operation.creates,
    );
  if (body.kind === 'other') throw fault('invalid_json', 'not with JSON. Check that nothing before exdata answers in its place.', true);
  if (!isJsonObject(body.value) || !('data' in body.value)) throw fault('invalid_response', 'without data. Check the base URL.', true);
  try {
    return { data: parse(body.value.data), status, requestId };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const paths = error.issues.map(({ path }) => ['data', ...path].join('.'));
    throw fault('invalid_response', `its ${paths.join(', ')} is not as the contract says.`, true);
  }
}
