import { describe, expect, it } from '@jest/globals';
import { exdataDocumentStates } from 'nestjs-exdata';
import { adviceFor, stateMeanings } from './advice.js';

const problem = (code: string) => ({ code, message: 'm', fields: null, retryAt: null });
const review = (status: 'open' | 'decided') => ({
  sourceId: 's',
  exdataDocumentId: 1,
  status,
  outcome: 'completed' as const,
  requestId: null,
  processingStage: null,
  processingError: null,
  blockedReason: null,
  fields: [],
  decision: null,
});

describe('advice', () => {
  it('has words of its own for every state', () => {
    const words = exdataDocumentStates.flatMap((state) => [
      stateMeanings[state],
      adviceFor({ state, problem: null, review: null }),
    ]);
    expect(new Set(words).size).toBe(exdataDocumentStates.length * 2);
  });

  it('tells what waits for the account from what goes on by itself', () => {
    expect(adviceFor({ state: 'blocked', problem: problem('insufficient_credits'), review: null })).toContain('Top up');
    expect(adviceFor({ state: 'blocked', problem: problem('blocked'), review: null })).toContain('support');
    expect(adviceFor({ state: 'queued', problem: problem('authentication_failed'), review: null })).toContain(
      'hold is released',
    );
    const limited = { ...problem('test_mode_limit_exceeded'), retryAt: '2026-05-10T01:00:00.000Z' };
    expect(adviceFor({ state: 'queued', problem: limited, review: null })).toContain('daily window');
    expect(adviceFor({ state: 'queued', problem: { ...limited, code: 'connection' }, review: null })).toContain(
      'goes out by itself',
    );
  });

  it('says of one whose extraction cannot be read what to mend', () => {
    const item = { ...review('open'), outcome: 'unread' as const };
    expect(adviceFor({ state: 'completed', problem: problem('response_too_large'), review: item })).toContain(
      'redrive',
    );
  });

  it('asks for a decision once', () => {
    expect(adviceFor({ state: 'completed', problem: null, review: review('open') })).toContain('decide');
    expect(adviceFor({ state: 'error', problem: problem('processing_error'), review: review('decided') })).toContain(
      'Nothing has to be done',
    );
  });
});
