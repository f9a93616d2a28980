import type { EntityManager, FindOptionsWhere } from 'typeorm';
import type { BirthRef, Births, KeptWorker } from './births.js';
import type { ExdataJobRef } from './job.js';
import type { ExdataTransactions, NewColumns, NewRow } from './transactions.js';
import { bornWork, newWork } from './work.columns.js';
import type { Work, WorkRow } from './work.columns.js';

/** One attempt at a transaction: what is written in it, and what happens once it is committed. */
export class Write {
  readonly #woken = new Map<string, ExdataJobRef>();
  readonly #kept: KeptWorker[] = [];
  readonly #born: { readonly ref: ExdataJobRef; readonly row: WorkRow }[] = [];

  constructor(
    private readonly transactions: ExdataTransactions,
    private readonly births: Births,
    readonly manager: EntityManager,
    /** When it began (epoch ms). */
    readonly now: number,
  ) {}

  /** It is committed: what was born in it is known. @returns what is to be dispatched */
  committed(): ExdataJobRef[] {
    for (const { ref, row } of this.#born) this.births.bear(ref, row);
    return [...this.#woken.values()];
  }

  /** The columns of a row that is due now, with a lease where a worker of this process is free for it. */
  dueWork(ref: BirthRef): Work {
    const kept = this.births.keepWorker(ref);
    if (!kept) return newWork(this.now);
    this.#kept.push(kept);
    return bornWork(this.now, kept.leaseUntil);
  }

  /** What was born in it is dispatched, or was rolled back: workers are kept for nothing any more. */
  end(): void {
    for (const kept of this.#kept.splice(0)) kept.release();
  }

  /** Has the row worked on soon after the commit: once, however often it is woken; not at all after a rollback. */
  wakes(ref: ExdataJobRef): void {
    this.#woken.set(`${ref.job} ${ref.id}`, ref);
  }

  /** As {@link wakes}, for a row that was inserted in this write, as it stands there. */
  begins(ref: ExdataJobRef, row: WorkRow): void {
    this.wakes(ref);
    if (row.work.leaseUntil !== null) this.#born.push({ ref, row });
  }

  /** See {@link ExdataTransactions.afterCommit}. */
  afterCommit(effect: () => void): void {
    this.transactions.afterCommit(this.manager, effect);
  }

  /** See {@link ExdataTransactions.findRow}. */
  findRow<Row extends object>(entity: new () => Row, where: FindOptionsWhere<Row>): Promise<Row | null> {
    return this.transactions.findRow(this.manager, entity, where);
  }

  /** See {@link ExdataTransactions.lockRow}. */
  lockRow<Row extends object>(entity: new () => Row, where: FindOptionsWhere<Row>): Promise<Row | null> {
    return this.transactions.lockRow(this.manager, entity, where);
  }

  /** See {@link ExdataTransactions.updateRows}. */
  updateRows<Row extends object>(
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
    columns: NewColumns<Row>,
  ): Promise<number> {
    return this.transactions.updateRows(this.manager, entity, where, columns);
  }

  /** See {@link ExdataTransactions.insertUnlessThere}. */
  insertUnlessThere<Row extends object>(entity: new () => Row, row: NewRow<Row>): Promise<boolean> {
    return this.transactions.insertUnlessThere(this.manager, entity, row);
  }
}
