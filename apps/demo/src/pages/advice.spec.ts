import { describe, expect, it } from '@jest/globals';
import { documentStates } from 'nestjs-exdata';
import { adviceFor, isOfAccount, stateMeanings } from './advice.js';

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
    const words = documentStates.flatMap((state) => [stateMeanings[state], adviceFor({ state, problem: null, review: null })]);
    expect(new Set(words).size).toBe(documentStates.length * 2);
  });

  it('puts what lies with the account before the state', () => {
    expect(adviceFor({ state: 'blocked', problem: problem('insufficient_credits'), review: null })).toContain('Top up');
    expect(adviceFor({ state: 'queued', problem: problem('http_401'), review: null })).toContain('token');
    expect(['insufficient_credits', 'test_mode_limit_exceeded', 'http_403'].map(isOfAccount)).toEqual([true, true, true]);
    expect(isOfAccount('validation_failed')).toBe(false);
  });

  it('asks for a decision once', () => {
    expect(adviceFor({ state: 'completed', problem: null, review: review('open') })).toContain('decide');
    expect(adviceFor({ state: 'error', problem: problem('processing_error'), review: review('decided') })).toContain(
      'Nothing has to be done',
    );
  });
});
