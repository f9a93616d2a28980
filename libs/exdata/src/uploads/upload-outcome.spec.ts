import { describe, expect, it } from '@jest/globals';
import {
  ExdataApiError,
  ExdataAuthenticationError,
  ExdataConflictError,
  ExdataConnectionError,
  ExdataInsufficientCreditsError,
  ExdataPermissionError,
  ExdataProtocolError,
  ExdataRateLimitError,
  ExdataServerError,
  ExdataTimeoutError,
  ExdataUploadStreamError,
  ExdataValidationError,
} from '../api/index.js';
import type { ExdataError } from '../api/index.js';
import { afterUploadError } from './upload-outcome.js';

const details = (status: number, more: object = {}) => ({ status, code: `http_${status}`, retryable: false, ...more });
const lost = { code: 'connection', retryable: true, mayHaveCreatedDocument: true };

describe('after an upload that failed', () => {
  it.each([
    [
      '[E1] 422',
      new ExdataValidationError('', details(422), { file: ['No.'] }),
      { kind: 'end', state: 'rejected', fields: { file: ['No.'] } },
    ],
    ['[E3] 402', new ExdataInsufficientCreditsError('', details(402)), { kind: 'credits' }],
    ['[C2] 401', new ExdataAuthenticationError('', details(401)), { kind: 'hold', reason: 'authentication_failed' }],
    ['[C2] 403', new ExdataPermissionError('', details(403)), { kind: 'hold', reason: 'permission_denied' }],
    [
      '[E2] 429 with a time',
      new ExdataRateLimitError('', details(429, { retryAfterMs: 7_000 })),
      { kind: 'limit', waitMs: 7_000 },
    ],
    ['[E2] 429 without one', new ExdataRateLimitError('', details(429)), { kind: 'limit', waitMs: 30_000 }],
    [
      '429 of the daily limit',
      new ExdataRateLimitError('', { ...details(429), code: 'test_mode_limit_exceeded' }),
      { kind: 'limit', waitMs: 3_600_000 },
    ],
    ['an unknown 4xx', new ExdataApiError('', details(418)), { kind: 'end', state: 'failed', fields: null }],
    [
      'a redirect',
      new ExdataProtocolError('', { status: 302, code: 'redirect', retryable: false }),
      { kind: 'end', state: 'failed', fields: null },
    ],
    [
      'other bytes than announced',
      new ExdataUploadStreamError('file_digest_mismatch', 'differs'),
      { kind: 'end', state: 'failed', fields: null },
    ],
    [
      'a file that cannot be read now',
      new ExdataUploadStreamError('file_unreadable', '…'),
      { kind: 'retry', state: 'queued', notBeforeMs: 0 },
    ],
    [
      '[U1] a lost connection',
      new ExdataConnectionError('', lost),
      { kind: 'retry', state: 'unconfirmed', notBeforeMs: 0 },
    ],
    [
      '[U1] no answer in time',
      new ExdataTimeoutError('', { ...lost, code: 'timeout' }),
      { kind: 'retry', state: 'unconfirmed', notBeforeMs: 0 },
    ],
    [
      'no connection at all',
      new ExdataConnectionError('', { code: 'connection', retryable: true }),
      { kind: 'retry', state: 'queued', notBeforeMs: 0 },
    ],
    [
      '503 with a time',
      new ExdataServerError('', details(503, { retryable: true, mayHaveCreatedDocument: true, retryAfterMs: 9_000 })),
      { kind: 'retry', state: 'unconfirmed', notBeforeMs: 9_000 },
    ],
    ['a fault of ours', new TypeError('x'), { kind: 'retry', state: 'queued', notBeforeMs: 0 }],
  ])('%s', (_what, error, outcome) => {
    expect(afterUploadError(error, 0)).toEqual(outcome);
  });

  it('[U1] 409 is borne with the same key so often, and then looked into; a new key is never an outcome', () => {
    const conflict = new ExdataConflictError('', details(409, { retryable: true, mayHaveCreatedDocument: true }));
    const kinds = Array.from({ length: 10 }, (_, failures) => afterUploadError(conflict, failures).kind);
    expect(kinds).toEqual([...Array.from({ length: 8 }, () => 'retry'), 'reconcile', 'reconcile']);
  });

  it('bytes that are missing are looked for again for about an hour, those that cannot be read just now for longer', () => {
    const unreadable = (code: string): ExdataError =>
      new ExdataUploadStreamError('file_unreadable', 'could not be read', Object.assign(new Error('no'), { code }));
    const kinds = (code: string): string[] =>
      [11, 12].map((failures) => afterUploadError(unreadable(code), failures).kind);
    expect(kinds('ENOENT')).toEqual(['retry', 'end']);
    expect(kinds('EIO')).toEqual(['retry', 'retry']);
  });
});
