import { Injectable } from '@nestjs/common';
import { Equal, In, IsNull, MoreThan } from 'typeorm';
import type { DataSource } from 'typeorm';
import type { Write } from '../dispatch/index.js';
import { EXDATA_DATA_SOURCE, Writes } from '../dispatch/index.js';
import type { ExdataHandler, HandlerOffers, Place } from '../handlers/index.js';
import { isTerminal } from './document-state.js';
import { ExdataLink } from './link.entity.js';
import { ExdataHandlerRun } from './handler-run.entity.js';
import { HandlerRuns, runKeyOf } from './handler-runs.js';
import { Inject } from '../injection/index.js';

/** Documents looked at with one statement. */
const batch = 200;
/** Runs written in one transaction: few enough to hold no one up. */
const atOnce = 10;

/** Offers handlers the documents that have ended. */
@Injectable()
export class DocumentOffers implements HandlerOffers {
  constructor(
    @Inject(HandlerRuns) private readonly runs: HandlerRuns,
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(Writes) private readonly writes: Writes,
  ) {}

  async offer(handler: ExdataHandler, after: Place): Promise<Place | null> {
    const rows = await this.#ended(handler, after);
    const lacking = await this.#lacking(handler, rows);
    for (let at = 0; at < lacking.length; at += atOnce) {
      const some = lacking.slice(at, at + atOnce);
      await this.writes.run((write) => this.#open(write, handler, some));
    }
    const last = rows.at(-1);
    return last?.endedAt == null || rows.length < batch ? null : { at: last.endedAt, id: last.id };
  }

  /** Those that ended in the handler's state after the place, in the order in which they did. */
  #ended({ mode, topic }: ExdataHandler, { at, id }: Place): Promise<ExdataLink[]> {
    const state = isTerminal(topic) ? topic : undefined;
    if (state === undefined) return Promise.resolve([]);
    const base = { mode, state, erasedAt: IsNull() };
    return this.dataSource.manager.find(ExdataLink, {
      select: { id: true, runId: true, endedAt: true },
      where: [
        { ...base, endedAt: MoreThan(at) },
        { ...base, endedAt: Equal(at), id: MoreThan(id) },
      ],
      order: { endedAt: 'ASC', id: 'ASC' },
      take: batch,
    });
  }

  async #lacking({ handler, topic }: ExdataHandler, rows: readonly ExdataLink[]): Promise<string[]> {
    if (rows.length === 0 || !isTerminal(topic)) return [];
    const runs = await this.dataSource.manager.find(ExdataHandlerRun, {
      select: { linkId: true, runKey: true },
      where: { linkId: In(rows.map(({ id }) => id)), status: topic, handler },
    });
    const there = new Set(runs.map(({ linkId, runKey }) => `${linkId}:${runKey}`));
    return rows.filter((row) => !there.has(`${row.id}:${runKeyOf(row)}`)).map(({ id }) => id);
  }

  /** The rows are read again: exdata may have gone on with a document since, or its content may have been erased. */
  async #open(write: Write, handler: ExdataHandler, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const row = await write.lockRow(ExdataLink, { id });
      if (row?.state !== handler.topic || row.erasedAt !== null || !isTerminal(row.state)) continue;
      await this.runs.openFor(write, [handler], { row, status: row.state, requestId: row.requestId });
    }
  }
}
