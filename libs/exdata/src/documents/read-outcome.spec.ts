import { describe, expect, it } from '@jest/globals';
import {
  ExdataApiError,
  ExdataConnectionError,
  ExdataNotFoundError,
  ExdataProtocolError,
  ExdataServerError,
  ExdataTimeoutError,
} from '../api/index.js';
import { afterReadError } from './read-outcome.js';

const odd = (code: string, retryable: boolean) => new ExdataProtocolError('', { status: 200, code, retryable });
const of = (status: number, retryable = false) => ({ status, code: `http_${status}`, retryable });

describe('after a read that failed', () => {
  it.each([
    ['an answer that is too large', odd('response_too_large', false), ['end', 'end', 'end', 'end']],
    ['an answer that is too heavy', odd('response_too_heavy', false), ['end', 'end', 'end', 'end']],
    ['an unknown 4xx', new ExdataApiError('', of(418)), ['end', 'end', 'end', 'end']],
    ['404', new ExdataNotFoundError('', of(404)), ['retry', 'end', 'end', 'end']],
    ['what is no JSON', odd('invalid_json', true), ['retry', 'retry', 'tell', 'tell']],
    ['what has no data', odd('invalid_response', true), ['retry', 'retry', 'tell', 'tell']],
    ['a redirect', odd('redirect', false), ['retry', 'retry', 'tell', 'tell']],
    ['503', new ExdataServerError('', of(503, true)), ['retry', 'retry', 'retry', 'tell']],
    ['408', new ExdataApiError('', of(408, true)), ['retry', 'retry', 'retry', 'tell']],
    [
      'no answer in time',
      new ExdataTimeoutError('', { code: 'timeout', retryable: true }),
      ['retry', 'retry', 'retry', 'tell'],
    ],
    [
      'no connection',
      new ExdataConnectionError('', { code: 'connection', retryable: true }),
      ['retry', 'retry', 'retry', 'retry'],
    ],
    [
      'a closed client',
      new ExdataConnectionError('', { code: 'client_closed', retryable: false }),
      ['retry', 'retry', 'retry', 'retry'],
    ],
    ['what is no answer at all', new Error('the database is away'), ['retry', 'retry', 'retry', 'retry']],
  ])('%s: by 0, 4, 7 and 11 failures before it', (_what, error, outcomes) => {
    expect([0, 4, 7, 11].map((failures) => afterReadError(error, failures))).toEqual(outcomes);
  });
});
