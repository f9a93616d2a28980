import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { In, IsNull, MoreThan, Not } from 'typeorm';
import type { Clock, ExdataTransactions, JobRef } from '../../dispatch/index.js';
import { newWork } from '../../dispatch/index.js';
import type { AlertBook } from '../alerts/alert-book.js';
import { ExdataDocument } from '../document.entity.js';
import { ExdataAccountState } from './account.entity.js';
import type { HoldReason } from './account.entity.js';
import { holdMessages } from './hold-messages.js';

export const accountJobName = 'account';

/** Whether something may be sent now. */
export type Gate =
  | { readonly state: 'open' }
  | { readonly state: 'held'; readonly holdId: string; readonly reason: HoldReason }
  | { readonly state: 'limited'; readonly until: number; readonly code: string };

/** An account for which nothing is sent until `ExdataUploadService.releaseHold`. */
export interface ExdataHold {
  readonly account: string;
  readonly reason: HoldReason;
  /** Epoch ms. */
  readonly since: number;
  /** X-Request-ID of the answer that began it. */
  readonly requestId: string | null;
  /** What is to be done, in words. */
  readonly advice: string;
}

/** What a hold or a limit was seen at. */
export interface Sighting {
  readonly document: Pick<ExdataDocument, 'account'> & Partial<Pick<ExdataDocument, 'id' | 'sourceType' | 'sourceId' | 'exdataId'>>;
  readonly code: string;
  readonly requestId: string | null;
}

export const testLimitCode = 'test_mode_limit_exceeded';

/** One row for each account, which all workers of all processes honour before they send. */
export class AccountGate {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
    private readonly alerts: AlertBook,
    private readonly clock: Clock,
    /** Milliseconds between two probes of a hold; null for none. */
    readonly probeEveryMs: number | null,
  ) {}

  /** Whether this row may be uploaded now; with a manager, as its transaction sees it. */
  async forUpload(row: ExdataDocument, manager = this.dataSource.manager): Promise<Gate> {
    const account = await manager.findOneBy(ExdataAccountState, { id: row.account });
    if (account === null) return { state: 'open' };
    if (account.holdId !== null && account.holdReason !== null && account.probeRowId !== row.id)
      return { state: 'held', holdId: account.holdId, reason: account.holdReason };
    const rate = this.#limit(account.notBefore, 'rate_limited');
    const daily = this.#limit(account.uploadNotBefore, testLimitCode);
    return rate.state === 'limited' && daily.state === 'limited' && rate.until > daily.until
      ? rate
      : daily.state === 'limited'
        ? daily
        : rate;
  }

  /** Whether exdata may be asked for something now. A lack of credits stops no reading. */
  async forReading(name: string): Promise<Gate> {
    const account = await this.find(name);
    if (account === null) return { state: 'open' };
    if (account.holdId !== null && account.holdReason === 'authentication_failed')
      return { state: 'held', holdId: account.holdId, reason: account.holdReason };
    return this.#limit(account.notBefore, 'rate_limited');
  }

  /** The accounts that are on hold. */
  async holds(): Promise<ExdataHold[]> {
    const held = await this.dataSource.manager.find(ExdataAccountState, { where: { holdId: Not(IsNull()) }, order: { id: 'ASC' } });
    return held.flatMap(({ id, holdReason, heldSince, holdRequestId }) =>
      holdReason === null || heldSince === null
        ? []
        : [{ account: id, reason: holdReason, since: heldSince, requestId: holdRequestId, advice: holdMessages[holdReason] }],
    );
  }

  find(name: string): Promise<ExdataAccountState | null> {
    return this.dataSource.manager.findOneBy(ExdataAccountState, { id: name });
  }

  /** Holds the account's row against other writers until the transaction ends. Taken before the rows of documents, where both are needed. */
  async lock(manager: EntityManager, name: string): Promise<ExdataAccountState> {
    // Looked for first: an insert that finds its twin would share the row's lock with another one on MySQL, and both would wait for the other to let go.
    const known = await this.transactions.lockRow(manager, ExdataAccountState, { id: name });
    if (known) return known;
    await this.transactions.insertUnlessThere(manager, ExdataAccountState, { id: name, work: newWork(null) });
    const row = await this.transactions.lockRow(manager, ExdataAccountState, { id: name });
    if (!row) throw new Error(`the row of account ${name} cannot be read`);
    return row;
  }

  /** Puts the account on hold, with one alert; on one that is held already nothing changes but that a probe has failed. Resolves to the hold's id and to what is to be dispatched. */
  async hold(manager: EntityManager, reason: HoldReason, seen: Sighting): Promise<{ holdId: string; wake: JobRef[] }> {
    const account = await this.lock(manager, seen.document.account);
    const now = this.clock.now();
    const probeAt = this.probeEveryMs === null ? null : now + this.probeEveryMs;
    if (account.holdId !== null) {
      if (account.probeRowId === seen.document.id)
        await manager.update(ExdataAccountState, { id: account.id }, { probeRowId: null, work: { dueAt: probeAt } });
      return { holdId: account.holdId, wake: [] };
    }
    const holdId = randomUUID();
    await manager.update(
      ExdataAccountState,
      { id: account.id },
      {
        holdId,
        holdReason: reason,
        heldSince: now,
        holdRequestId: seen.requestId,
        probeRowId: null,
        work: { dueAt: probeAt ?? account.work.dueAt },
      },
    );
    const { code, requestId, document } = seen;
    const entry = { kind: reason, account: account.id, cause: `hold:${holdId}`, code, message: holdMessages[reason], requestId, document };
    return { holdId, wake: await this.alerts.enter(manager, entry) };
  }

  /** Ends the hold; what it held is sent on by the account's job. Null when the account was not on hold. */
  async release(manager: EntityManager, name: string): Promise<JobRef | null> {
    const account = await this.lock(manager, name);
    if (account.holdId === null) return null;
    await manager.update(
      ExdataAccountState,
      { id: name },
      { holdId: null, holdReason: null, heldSince: null, holdRequestId: null, probeRowId: null, work: { dueAt: this.clock.now() } },
    );
    return { job: accountJobName, id: name };
  }

  /** Forgets that exdata asked to wait: uploads are due at once, readers see it at their next look. Resolves to false when nothing waited for that. */
  async lift(manager: EntityManager, name: string): Promise<boolean> {
    const { notBefore, uploadNotBefore } = await this.lock(manager, name);
    const now = this.clock.now();
    if (Math.max(notBefore ?? 0, uploadNotBefore ?? 0) <= now) return false;
    await manager.update(ExdataAccountState, { id: name }, { notBefore: null, uploadNotBefore: null, limitedSince: null });
    await manager.update(
      ExdataDocument,
      { account: name, state: In(['queued', 'uploading', 'unconfirmed']), holdId: IsNull(), work: { dueAt: MoreThan(now) } },
      { work: { dueAt: now } },
    );
    return true;
  }

  /** Takes note that exdata asked to wait until `until` (epoch ms), whoever asks. The daily limit of test mode concerns uploads alone, and is alerted once. */
  async limit(manager: EntityManager, until: number, seen: Sighting): Promise<JobRef[]> {
    const account = await this.lock(manager, seen.document.account);
    if (seen.code !== testLimitCode) {
      await manager.update(ExdataAccountState, { id: account.id }, { notBefore: Math.max(account.notBefore ?? 0, until) });
      return [];
    }
    const since = account.limitedSince ?? this.clock.now();
    await manager.update(
      ExdataAccountState,
      { id: account.id },
      { uploadNotBefore: Math.max(account.uploadNotBefore ?? 0, until), limitedSince: since },
    );
    const { code, requestId, document } = seen;
    const message = 'the daily limit of test mode is reached; uploads go on in the next window';
    return this.alerts.enter(manager, {
      kind: testLimitCode,
      account: account.id,
      cause: `limit:${since}`,
      code,
      message,
      requestId,
      retryAt: until,
      document,
    });
  }

  /** Takes note that exdata took an upload: a limit is over, and a hold whose probe it was is released. */
  async passed(manager: EntityManager, row: ExdataDocument): Promise<JobRef[]> {
    const account = await manager.findOneBy(ExdataAccountState, { id: row.account });
    if (account === null) return [];
    if (account.limitedSince !== null) await manager.update(ExdataAccountState, { id: account.id }, { limitedSince: null });
    const released = account.probeRowId === row.id ? await this.release(manager, account.id) : null;
    return released ? [released] : [];
  }

  #limit(until: number | null, code: string): Gate {
    return until !== null && until > this.clock.now() ? { state: 'limited', until, code } : { state: 'open' };
  }
}
