import { describe, expect, it } from '@jest/globals';
import { decideRetry } from './retry-decision.js';
import type { RetryAnswer, RetryQuestion } from './retry-decision.js';

const question = (more: Partial<RetryQuestion> = {}): RetryQuestion => ({
  failure: { status: 503, code: 'http_503' },
  method: 'POST',
  keyed: true,
  made: 1,
  attempts: 4,
  remainingMs: 600_000,
  retry: { firstMs: 500, maxMs: 30_000, longestWaitMs: 60_000 },
  random: 0.5,
  ...more,
});
const failing = (status: number | null, code = 'any', retryAfterMs?: number): Partial<RetryQuestion> => ({
  failure: { status, code, retryAfterMs },
});

const again = (waitMs: number): RetryAnswer => ({ repeat: true, waitMs });
const no = (because: Extract<RetryAnswer, { repeat: false }>['because']): RetryAnswer => ({ repeat: false, because });

describe('the decision on a failed attempt', () => {
  it.each<[string, Partial<RetryQuestion>, RetryAnswer]>([
    ['a lost connection', failing(null, 'connection'), again(250)],
    ['408', failing(408), again(250)],
    ['429', failing(429), again(250)],
    ['429 of the sandbox', failing(429, 'test_mode_limit_exceeded'), again(250)],
    ['500', failing(500), again(250)],
    ['599', failing(599), again(250)],
    ['409 under a key', failing(409), again(250)],
    ['409 on a DELETE', { ...failing(409), method: 'DELETE', keyed: false }, no('final')],
    ['a timeout: the time is up', failing(null, 'timeout'), no('final')],
    ['a closed client', failing(null, 'client_closed'), no('final')],
    ['no token', failing(null, 'token_unavailable'), no('final')],
    ['a file that changed', failing(null, 'file_digest_mismatch'), no('final')],
    ['a page in place of JSON', failing(200, 'invalid_json'), no('final')],
    ['a redirect', failing(302, 'redirect'), no('final')],
    ...[400, 401, 402, 403, 404, 413, 418, 422].map((status): [string, Partial<RetryQuestion>, RetryAnswer] => [
      String(status),
      failing(status),
      no('final'),
    ]),
  ])('%s', (_, more, expected) => {
    expect(decideRetry(question(more))).toEqual(expected);
  });

  it.each<[RetryQuestion['method'], boolean, RetryAnswer]>([
    ['GET', false, again(250)],
    ['DELETE', false, again(250)],
    ['POST', true, again(250)],
    ['POST', false, no('no_key')],
  ])('%s, keyed: %s', (method, keyed, expected) => {
    for (const failure of [failing(503), failing(429), failing(408), failing(null, 'connection')])
      expect(decideRetry(question({ ...failure, method, keyed }))).toEqual(expected);
  });

  it('never repeats a POST without a key, not even a 409', () => {
    expect(decideRetry(question({ ...failing(409), keyed: false }))).toEqual(no('final'));
  });

  it.each<[number, number, RetryAnswer]>([
    [1, 1, no('attempts')],
    [1, 2, again(250)],
    [3, 4, again(1000)],
    [4, 4, no('attempts')],
  ])('after %i of %i attempts', (made, attempts, expected) => {
    expect(decideRetry(question({ made, attempts }))).toEqual(expected);
  });
});

describe('the wait', () => {
  it.each<[number, number, number]>([
    [1, 0, 0],
    [1, 0.999, 499],
    [2, 0.999, 999],
    [3, 0.999, 1998],
    [7, 0.999, 29_970],
    [90, 0.999, 29_970],
  ])('after %i attempts, at random %d, is %i ms without a word from exdata', (made, random, waitMs) => {
    expect(decideRetry(question({ made, attempts: 100, random }))).toEqual(again(waitMs));
  });

  it('is exdata’s where it names one, whatever the backoff', () => {
    for (const wait of [0, 7000, 60_000])
      expect(decideRetry(question({ ...failing(503, '', wait), made: 3 }))).toEqual(again(wait));
  });

  it('is not slept through in process beyond its limit', () => {
    expect(decideRetry(question(failing(429, '', 60_001)))).toEqual(no('wait_too_long'));
    expect(
      decideRetry(question({ ...failing(429, '', 60_001), retry: { ...question().retry, longestWaitMs: 90_000 } })),
    ).toEqual(again(60_001));
  });

  it('of the backoff keeps that limit too', () => {
    expect(
      decideRetry(question({ made: 9, attempts: 10, retry: { ...question().retry, longestWaitMs: 1000 } })),
    ).toEqual(again(500));
  });

  it('ends before the deadline, or the call does', () => {
    expect(decideRetry(question({ ...failing(429, '', 5000), remainingMs: 5001 }))).toEqual(again(5000));
    expect(decideRetry(question({ ...failing(429, '', 5000), remainingMs: 5000 }))).toEqual(no('deadline'));
    expect(decideRetry(question({ random: 0, remainingMs: 0 }))).toEqual(no('deadline'));
  });
});
