import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exdataDocumentStates, isTerminal, mayFollow } from './document-state.js';
import type { ExdataDocumentState } from './document-state.js';
import { observe } from './observe.js';
import type { Standing } from './observe.js';

const seen = (status: string, run: string | null = '10') => ({
  status,
  latestExtractionRun: run === null ? null : { id: run },
});
const row = (state: ExdataDocumentState, runId: string | null = null): Standing => ({ state, exdataId: null, runId });

describe('[U3] one state machine', () => {
  it.each([
    // what stands here, what is seen, what it becomes, whether handlers are called
    ['uploading', null, 'pending', '10', 'pending', null],
    ['uploading', null, 'completed', '10', 'completed', 'completed'],
    ['unconfirmed', null, 'blocked', '10', 'blocked', 'blocked'],
    ['failed', null, 'completed', '10', 'completed', 'completed'],
    ['pending', '10', 'completed', '10', 'completed', 'completed'],
    ['pending', '10', 'error', null, 'error', 'error'],
    ['completed', '10', 'pending', '10', 'completed', null],
    ['completed', '10', 'completed', '10', 'completed', null],
    ['completed', '10', 'completed', null, 'completed', null],
    ['completed', null, 'completed', '10', 'completed', null],
    ['completed', '10', 'pending', '11', 'pending', null],
    ['completed', '10', 'completed', '11', 'completed', 'completed'],
    ['completed', '10', 'error', '9', 'completed', null],
    ['completed', '9', 'completed', '10', 'completed', 'completed'],
    ['blocked', '10', 'completed', '10', 'completed', 'completed'],
    ['blocked', '10', 'pending', '10', 'blocked', null],
    ['pending', '10', 'archived_by_policy', '10', 'pending', null],
  ] as const)('%s of run %s, seen %s of run %s: %s', (state, runId, status, run, next, reached) => {
    expect(observe({ ...row(state, runId), exdataId: '1' }, seen(status, run))).toMatchObject({ state: next, reached });
  });

  it('tells a final state of ours that exdata is first seen to hold', () => {
    expect(observe(row('blocked'), seen('blocked'))).toMatchObject({ state: 'blocked', reached: 'blocked' });
  });

  it('goes on with a document that a 402 did not name, once exdata is seen to work on it', () => {
    expect(observe(row('blocked'), seen('pending'))).toMatchObject({ state: 'pending', stale: false, reached: null });
  });

  it('flags two final states of one run, and keeps the first', () => {
    expect(observe({ ...row('completed', '10'), exdataId: '1' }, seen('error'))).toMatchObject({
      state: 'completed',
      conflict: true,
      reached: null,
    });
  });

  it('flags a status that it does not know', () => {
    expect(observe(row('pending', '10'), seen('archived_by_policy'))).toMatchObject({
      unknownStatus: true,
      stale: false,
    });
  });

  it('ends the same whatever the order, and calls handlers once for each run and state', () => {
    const observation = fc.record({
      status: fc.constantFrom('pending', 'completed'),
      run: fc.constantFrom('1', '2', '3'),
    });
    fc.assert(
      fc.property(
        fc.array(observation, { maxLength: 12 }),
        fc.constantFrom(...exdataDocumentStates.filter((state) => !isTerminal(state))),
        (observations, start) => {
          let standing: Standing = { ...row(start), exdataId: '1' };
          const called: string[] = [];
          for (const { status, run } of observations) {
            const verdict = observe(standing, seen(status, run));
            expect(mayFollow(standing.state, verdict.state, true)).toBe(true);
            if (verdict.reached) called.push(`${verdict.reached} ${String(verdict.runId)}`);
            standing = { ...standing, state: verdict.state, runId: verdict.runId };
          }
          expect(new Set(called).size).toBe(called.length);
          const last = observations
            .map(({ run }) => run)
            .sort()
            .at(-1);
          if (last === undefined) return;
          const completed = observations.some(({ run, status }) => run === last && status === 'completed');
          expect(standing).toMatchObject({ runId: last, state: completed ? 'completed' : 'pending' });
        },
      ),
    );
  });
});
