import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { In } from 'typeorm';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, hasPassed } from '../../dispatch/index.js';
import type { ExdataClock, ExdataJobRef } from '../../dispatch/index.js';
import { documentIdIn } from '../delivery-body.js';
import { deliveryJobName, laterDeliveryJobName } from '../delivery-job-name.js';
import { ExdataDelivery } from '../delivery.entity.js';
import { SeenBodies } from '../deliveries/seen-bodies.js';
import { WaitingReplays } from '../deliveries/waiting-replays.js';
import type { InboxRow } from '../inbox/index.js';
import { FloodWatch } from './flood-watch.js';
import { KnownBodies } from './known-bodies.js';
import type { KnownBody } from './known-bodies.js';
import { keyOf, LinkedDocuments } from './linked-documents.js';
import type { NamedDocument } from './linked-documents.js';
import { SecondLooks } from './second-looks.js';
import type { ReplaySettings } from '../deliveries/replay-settings.js';
import { EXDATA_WEBHOOK } from '../../config/index.js';
import { Inject } from '../../injection/index.js';

/** What of a delivery tells where it belongs. */
export type Sortable = Pick<InboxRow, 'id' | 'account' | 'bodySha256' | 'body' | 'event'> &
  Partial<Pick<InboxRow, 'leaseUntil'>>;

type Dispatch = (refs: readonly ExdataJobRef[]) => Promise<void>;

/** How a delivery is to be worked, and the document that it names. */
interface Lane {
  readonly ref: ExdataJobRef;
  readonly document: NamedDocument | null;
}

/** Rows of a sweep up to which nobody asks whose documents they are about. */
const few = 8;
/** How long one that speaks for others may take over the time that its read has to wait, in milliseconds. */
const spareMs = 2_000;

/**
 * Says how stored deliveries are worked: what may be about documents of ours at once, what is not, later, and of
 * replays one for all that have come. It decides nothing else: wherever a row is put, what becomes of it is found out
 * when it is worked on.
 */
@Injectable()
export class DeliverySorting {
  readonly #known = new KnownBodies();
  readonly #flood: FloodWatch;
  readonly #secondLooks: SecondLooks;

  constructor(
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(SeenBodies) private readonly seen: SeenBodies,
    @Inject(WaitingReplays) private readonly replays: WaitingReplays,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(LinkedDocuments) private readonly linked: LinkedDocuments,
    @Inject(EXDATA_WEBHOOK) private readonly settings: ReplaySettings,
  ) {
    this.#flood = new FloodWatch(clock);
    this.#secondLooks = new SecondLooks(linked, clock);
  }

  /** Whether so many deliveries come that it is looked whose documents they are about. */
  get isInFlood(): boolean {
    return this.#flood.isFlood(0);
  }

  /** Whether the signed bytes were stored before, as far as this process knows. */
  knows(row: Pick<InboxRow, 'account' | 'bodySha256'>): boolean {
    return this.#known.has(row);
  }

  /**
   * Sorts what was just stored; hands each part to `dispatch` as soon as it is known where it belongs.
   *
   * @param isBusy whether what is stored has to wait for a worker
   */
  async sort(rows: readonly Sortable[], isBusy: boolean, dispatch: Dispatch): Promise<void> {
    const [born, first]: [Sortable[], Sortable[]] = [[], []];
    const again: { readonly row: Sortable; readonly known: KnownBody }[] = [];
    for (const row of rows) {
      const known = this.#known.recall(row);
      // A worker is free for it, and nobody else may take it.
      if (row.leaseUntil != null) born.push(row);
      else if (known) again.push({ row, known });
      else first.push(row);
    }
    // On a slow machine few make a flood: more than the workers take.
    const isFlood = this.#flood.isFlood(born.length + first.length) || isBusy;
    await Promise.all([
      dispatch(born.map(soon)),
      isFlood ? this.#sortFlood(first, dispatch) : dispatch(first.map(soon)),
      again.length > 0 ? this.#sortAgain(again).then(dispatch) : undefined,
    ]);
  }

  /** Looks at nothing again that was put behind others. Safe to call twice. */
  stop(): void {
    this.#secondLooks.stop();
  }

  /** Where rows belong that a sweep has found, without their bodies. */
  async sortSwept(ids: readonly string[]): Promise<ExdataJobRef[]> {
    if (ids.length <= few) return ids.map((id) => soon({ id }));
    const select = { id: true, account: true, bodySha256: true, body: true, event: true, replayOf: true } as const;
    const rows = await this.dataSource.manager.find(ExdataDelivery, { select, where: { id: In([...ids]) } });
    const replays = rows.filter(({ replayOf }) => replayOf !== null);
    return [...(await this.lanesOf(rows.filter(({ replayOf }) => replayOf === null))), ...replays.map(later)];
  }

  /** One look for all: those about documents that the ledger knows go first. */
  async lanesOf(rows: readonly Sortable[]): Promise<ExdataJobRef[]> {
    return (await this.#lanesOf(rows)).map(({ ref }) => ref);
  }

  async #sortFlood(rows: readonly Sortable[], dispatch: Dispatch): Promise<void> {
    const lanes = await this.#lanesOf(rows);
    await dispatch(lanes.map(({ ref }) => ref));
    const behind = lanes.flatMap(({ ref: { job, id }, document }) =>
      job === laterDeliveryJobName && document ? [{ id, document }] : [],
    );
    this.#secondLooks.add(behind, (id) => dispatch([soon({ id })]));
  }

  async #lanesOf(rows: readonly Sortable[]): Promise<Lane[]> {
    if (rows.length === 0) return [];
    const named = rows.map((row) => {
      const exdataId = documentIdIn(row.body);
      return { row, document: exdataId === null ? null : { account: row.account, exdataId } };
    });
    const ours = await this.linked.among(named.flatMap(({ document }) => document ?? []));
    return named.map(({ row, document }) => ({
      ref: document && ours.has(keyOf(document)) ? soon(row) : later(row),
      document,
    }));
  }

  async #sortAgain(again: readonly { readonly row: Sortable; readonly known: KnownBody }[]): Promise<ExdataJobRef[]> {
    const unknown = again.filter(({ known }) => known.original === null);
    if (unknown.length > 0) {
      const originals = await this.seen.originalsOf(unknown.map(({ row }) => row));
      for (const { row, known } of unknown) known.original = originals.get(`${row.account} ${row.bodySha256}`) ?? null;
    }
    const groups = new Map<KnownBody, Sortable[]>();
    for (const { row, known } of again) groups.set(known, [...(groups.get(known) ?? []), row]);
    const refs: ExdataJobRef[] = [];
    for (const [known, group] of groups) refs.push(...(await this.#gather(known, group)));
    return refs;
  }

  /** Lets one replay speak for all that come while it waits for its read. */
  async #gather(known: KnownBody, rows: readonly Sortable[]): Promise<ExdataJobRef[]> {
    const [row] = rows;
    // The first delivery of the bytes may still be at work.
    if (!row || known.original === null) return rows.map(later);
    const exdataId = documentIdIn(row.body);
    if (exdataId === null && (await this.replays.areWanted(rows))) return rows.map(later);
    const now = this.clock.now();
    const everyMs = this.settings.replayReadEveryMs + spareMs;
    const speaks = hasPassed(everyMs, known.spokenForAt, now);
    if (speaks) known.spokenForAt = now;
    const bytes = { replayOf: known.original, exdataId };
    const waiting = (speaks ? rows.slice(1) : rows).map(({ id }) => id);
    await this.replays.postpone(waiting, bytes);
    if (!speaks) return [];
    if (exdataId !== null) return [later(row)];
    await this.replays.appoint(row.id, bytes, everyMs);
    return [];
  }
}

const soon = ({ id }: Pick<Sortable, 'id'>): ExdataJobRef => ({ job: deliveryJobName, id });
const later = ({ id }: Pick<Sortable, 'id'>): ExdataJobRef => ({ job: laterDeliveryJobName, id });
