import { expect } from '@jest/globals';
import { exdataDocumentStates, ExdataDelivery, ExdataLink, ExdataHandlerRun } from 'nestjs-exdata';
import { ExdataAlertRow, exdataTransitions } from '../../../libs/exdata/src/documents/index.js';
import type { ExdataDocumentState } from 'nestjs-exdata';
import { In, Like } from 'typeorm';
import type { Host } from '../../life/host.js';
import { effectsIn, holdsIn, movesIn } from './trace.js';
import type { Move } from './trace.js';

const atExdata = ['pending', 'completed', 'error', 'blocked'];
const final = ['completed', 'error', 'blocked'];

/** How many deaths over one row make it poison. */
const poisonAfter = 3;

/** Everything that must hold of a host at rest, whatever went before; `deaths` is how often its process died. */
export async function checkEnding(host: Host, deaths: number): Promise<void> {
  const moves = await movesIn(host.database);
  const rows = await host.database.manager.find(ExdataLink);
  expect(moves.filter((move) => !isAllowed(move))).toEqual([]);
  checkDocuments(host, rows);
  checkPayloads(host);
  await checkHandlers(host, moves, rows, deaths);
  await checkAlerts(host, deaths);
  await checkStarts(host, deaths);
}

interface WorkedRow {
  readonly work: { readonly starts: number; readonly finishes: number };
}

/** Whether a row that was given up had been started by enough processes that died. */
function isPoison({ work }: WorkedRow, deaths: number): boolean {
  return deaths >= poisonAfter && work.starts - work.finishes >= poisonAfter;
}

/** By the exported table; another state of exdata's may also follow where it has begun a later extraction run. */
function isAllowed({ fromState, toState, fromRun, toRun }: Move): boolean {
  if (fromRun !== null && Number(toRun ?? 0) < Number(fromRun)) return false;
  const newRun = fromRun !== null && Number(toRun) > Number(fromRun);
  return exdataTransitions[stateOf(fromState)].includes(stateOf(toState)) || (newRun && atExdata.includes(toState));
}

function stateOf(text: string): ExdataDocumentState {
  const state = exdataDocumentStates.find((known) => known === text);
  if (state === undefined) throw new Error(`there is no state ${text}`);
  return state;
}

/** At most one document for each generation, in the same state on both sides. */
function checkDocuments({ sandbox }: Host, rows: readonly ExdataLink[]): void {
  const documents = sandbox.documents.list();
  const requesters = documents.map(({ requester }) => requester);
  expect(new Set(requesters).size).toBe(requesters.length);
  const here = rows.filter(({ exdataId }) => exdataId !== null);
  const told = ({ correlationId, exdataId, state, runId, flag }: ExdataLink) => ({
    requester: correlationId,
    id: exdataId,
    state,
    run: runId,
    flag,
  });
  expect(here.map(told).sort(byRequester)).toEqual(
    documents
      .map(({ id, requester, status, run }) => ({
        requester,
        id: String(id),
        state: status,
        run: String(run?.id),
        flag: null,
      }))
      .sort(byRequester),
  );
  const ended = rows.filter(({ exdataId }) => exdataId === null).map(({ state }) => state);
  expect(ended.filter((state) => !['rejected', 'failed', 'blocked'].includes(state))).toEqual([]);
}

function byRequester(a: { readonly requester: string | null }, b: { readonly requester: string | null }): number {
  return String(a.requester).localeCompare(String(b.requester));
}

/** Whatever was sent under a key was the same. */
function checkPayloads({ sandbox }: Host): void {
  const payloads = new Map<string | null, Set<string>>();
  for (const { idempotencyKey, fields, file } of sandbox.journal.requests(({ method }) => method === 'POST')) {
    if (file === null) continue;
    payloads.set(idempotencyKey, (payloads.get(idempotencyKey) ?? new Set()).add(JSON.stringify([fields, file])));
  }
  expect([...payloads.values()].filter(({ size }) => size > 1)).toEqual([]);
}

/**
 * One handler run for each final state of each extraction run that a row was seen in; its effect once, or not at all
 * where a later run overtook it, or its process died over it too often.
 */
async function checkHandlers(
  { database }: Host,
  moves: readonly Move[],
  rows: readonly ExdataLink[],
  deaths: number,
): Promise<void> {
  const reached = moves.filter(({ toState, exdataId }) => final.includes(toState) && exdataId !== null);
  const wanted = new Set(reached.map(({ row, toRun, toState }) => `${row}:${toRun ?? '-'}:${toState}:bookkeeping`));
  const runs = await database.manager.find(ExdataHandlerRun);
  const keyOf = ({ linkId, runKey, status, handler }: ExdataHandlerRun): string =>
    `${linkId}:${runKey}:${status}:${handler}`;
  expect(runs.map(keyOf).sort()).toEqual([...wanted].sort());
  expect((await effectsIn(database)).sort()).toEqual(
    runs
      .filter(({ outcome }) => outcome === 'done')
      .map(keyOf)
      .sort(),
  );
  const overtaken = runs.filter((run) => run.outcome !== 'done' && !(run.outcome === 'dead' && isPoison(run, deaths)));
  expect(overtaken.filter(({ outcome }) => outcome !== 'superseded')).toEqual([]);
  const current = new Map(rows.map(({ id, runId }) => [id, runId]));
  expect(overtaken.filter(({ linkId, runKey }) => current.get(linkId) === runKey)).toEqual([]);
}

/** One alert for each hold, and one for each other reason that exdata gave while it lasted. */
async function checkAlerts({ database }: Host, deaths: number): Promise<void> {
  const alerts = await database.manager.findBy(ExdataAlertRow, { cause: Like('hold:%') });
  const ofHolds = alerts.filter(({ cause }) => cause.split(':').length === 2);
  expect(ofHolds.map(({ cause }) => cause).sort()).toEqual((await holdsIn(database)).map((id) => `hold:${id}`).sort());
  expect(new Set(alerts.map(({ cause }) => cause)).size).toBe(alerts.length);
  const reasons = new Map(ofHolds.map(({ cause, kind }) => [cause, kind]));
  for (const { cause, kind } of alerts.filter((alert) => !ofHolds.includes(alert))) {
    const hold = cause.slice(0, cause.lastIndexOf(':'));
    expect(cause).toBe(`${hold}:${kind}`);
    expect([undefined, kind]).not.toContain(reasons.get(hold));
  }
  const unraised = await database.manager.findBy(ExdataAlertRow, { outcome: In(['open', 'dead']) });
  expect(unraised.filter((alert) => !(alert.outcome === 'dead' && isPoison(alert, deaths)))).toEqual([]);
}

/** A start without a finish is a death; nothing else looks like one. */
async function checkStarts({ database }: Host, deaths: number): Promise<void> {
  for (const entity of [ExdataLink, ExdataHandlerRun, ExdataDelivery, ExdataAlertRow]) {
    const rows = await database.manager.find<WorkedRow>(entity);
    expect(rows.filter(({ work }) => work.starts - work.finishes > deaths || work.finishes > work.starts)).toEqual([]);
  }
}
