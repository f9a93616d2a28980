import { Injectable } from '@nestjs/common';
import { In, IsNull } from 'typeorm';
import type { FindOptionsWhere } from 'typeorm';
import type { Attempt, ExdataClock, Job } from '../dispatch/index.js';
import { EXDATA_CLOCK, Writes } from '../dispatch/index.js';
import { ExdataHandler } from './handler.entity.js';
import { EXDATA_HANDLER_SUBJECTS } from './handler-subject.js';
import type { HandlerSubject, Place } from './handler-subject.js';
import { LocalHandlers } from './local-handlers.js';
import { listAgeMs } from './registered-handlers.js';
import { Inject } from '../injection/index.js';

/**
 * For so long after its registration what ended is looked through again: a process may open runs by a list that it read
 * before, and commit what it saw end long after. In milliseconds.
 */
const overlapMs = 600_000;
/** Most time for one batch of ends, in milliseconds. */
const batchMs = 10_000;

/** Offers a handler of this process what ended, or came, without a run being opened for it. */
@Injectable()
export class OfferJob implements Job<ExdataHandler> {
  readonly name = 'handler-offer';
  readonly entity = ExdataHandler;
  readonly timeoutMs = 3_600_000;
  readonly isPartial = true;
  readonly #subjects: ReadonlyMap<string, HandlerSubject>;

  constructor(
    @Inject(LocalHandlers) private readonly local: LocalHandlers,
    @Inject(EXDATA_HANDLER_SUBJECTS) subjects: readonly HandlerSubject[],
    @Inject(Writes) private readonly writes: Writes,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {
    this.#subjects = new Map(subjects.map((subject) => [subject.name, subject]));
  }

  get where(): FindOptionsWhere<ExdataHandler> {
    return { id: In(this.local.all.map(({ id }) => id)), retiredAt: IsNull() };
  }

  async run(attempt: Attempt<ExdataHandler>): Promise<void> {
    const { row: handler, span } = attempt;
    span.note('handler', handler.handler);
    const subject = this.#subjects.get(handler.subject);
    if (!subject) throw new Error(`nothing is known of the subject '${handler.subject}'`);
    const begin = this.clock.now();
    // The first look goes back to `from`; those after it see to what was seen to end while not every process knew of
    // the handler.
    let place: Place | null = { at: handler.placeAt ?? handler.fromAt, id: handler.placeId ?? '' };
    while (place) {
      await attempt.step(batchMs);
      const next = await subject.offers.offer(handler, place);
      if (next) await this.#keep(attempt, next);
      place = next;
    }
    const next = this.#nextLook(handler, begin);
    await this.writes.run(async (write) => {
      const back = next === null ? null : Math.max(handler.fromAt, handler.registeredAt - overlapMs);
      await write.manager.update(ExdataHandler, { id: handler.id }, { placeAt: back, placeId: null });
      await attempt.settle(write, { kind: 'done', dueAt: next });
    });
  }

  /** A look changes nothing that it does not finish. */
  async giveUp(attempt: Attempt<ExdataHandler>, error: unknown): Promise<void> {
    const dueAt = this.clock.now() + overlapMs;
    await this.writes.run((write) => attempt.settle(write, { kind: 'wait', dueAt, error: String(error) }));
  }

  /** When to look again: ever more rarely, until a look has begun after every process knew of the handler. */
  #nextLook({ registeredAt }: ExdataHandler, begun: number): number | null {
    const age = begun - registeredAt;
    if (age > overlapMs) return null;
    // A clock that was set back says nothing of the age.
    return this.clock.now() + (age < 0 ? overlapMs : Math.max(listAgeMs, age));
  }

  async #keep({ row: { id }, fence }: Attempt<ExdataHandler>, place: Place): Promise<void> {
    await this.writes.run(({ manager }) =>
      manager.update(ExdataHandler, { id, work: { fence } }, { placeAt: place.at, placeId: place.id }),
    );
  }
}
