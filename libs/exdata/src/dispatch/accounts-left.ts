import { Injectable } from '@nestjs/common';
import { In, IsNull, Not, Or } from 'typeorm';
import type { FindOptionsWhere } from 'typeorm';
import type { Job } from './job.js';
import type { WorkRow } from './work.columns.js';

/**
 * The accounts whose work this process leaves to others, since exdata refuses its token for them and not that of
 * another process.
 */
@Injectable()
export class AccountsLeft {
  readonly #here = new Set<string>();
  readonly #elsewhere = new Set<string>();

  get here(): string[] {
    return [...this.#here];
  }

  /** This process takes no more rows of the account. */
  leave(account: string): void {
    this.#here.add(account);
  }

  /** This process takes rows of the account again. */
  takeUp(account: string): void {
    this.#here.delete(account);
  }

  /** Notes the accounts that other processes leave to this one: what they get of them they drop. */
  noteLeftElsewhere(accounts: Iterable<string>): void {
    this.#elsewhere.clear();
    for (const account of accounts) this.#elsewhere.add(account);
  }

  /** The rows of the job that this process may take. */
  whereOf({ where, asksAs }: Job<WorkRow>): FindOptionsWhere<WorkRow> {
    if (asksAs === undefined || this.#here.size === 0) return where;
    return { ...where, [asksAs]: Or(IsNull(), Not(In([...this.#here]))) };
  }

  /** Whether a process that gets a ref of the job may have dropped it. */
  isPartial({ isPartial = false, asksAs }: Job<WorkRow>): boolean {
    return isPartial || (asksAs !== undefined && this.#elsewhere.size > 0);
  }
}
