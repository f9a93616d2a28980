import { EXDATA_CLOCK, ExdataResubmitError, exdataSecretFromProvider } from 'nestjs-exdata';
import type { ExdataModuleOptions } from 'nestjs-exdata';
import type { RequestFacts, Sandbox, SandboxClock, SandboxDocument } from 'nestjs-exdata-sandbox';
import { Host, secret } from '../../life/host.js';
import { ShiftedClock } from '../../life/shifted-clock.js';
import { patienceMs, until } from '../../until.js';
import { Mortal, ProcessDiedError } from './mortal.js';
import { deliveryAccidents, isForNewKeys, readAccidents, uploadAccidents } from './step.js';
import type { Step } from './step.js';
import { keepTrace } from './trace.js';
import { isAtRest, isSettled, workLeft } from './work-left.js';

const leaseMs = 30_000;
const hour = 3_600_000;
const options: Partial<ExdataModuleOptions> = {
  mode: 'live',
  token: exdataSecretFromProvider(() => 'sandbox_live_token'),
  webhookSecrets: [{ id: 'current', secret: exdataSecretFromProvider(() => secret) }],
  allowInsecureBaseUrl: true,
  work: { leaseMs, sweepEveryMs: 50, retryFirstMs: 500, retryMaxMs: 5_000, drainMs: 2_000 },
};

const isUpload = ({ method, path }: RequestFacts): boolean => method === 'POST' && path.endsWith('/documents');
const isRead = ({ method }: RequestFacts): boolean => method === 'GET';
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A host and exdata, on one clock that only skips. */
export class World {
  /** How often the host's process has died. */
  deaths = 0;
  #mortal: Mortal;
  #failures = 0;

  private constructor(
    private readonly clock: ShiftedClock,
    private readonly timers: Set<() => void>,
    public host: Host,
  ) {
    this.#mortal = this.#dwell();
  }

  static async open(): Promise<World> {
    const clock = new ShiftedClock();
    const timers = new Set<() => void>();
    const simulator = { clock: simulatorClock(clock, timers), webhookRetryAfterMs: [1_000, 60_000, hour, 6 * hour] };
    const extras = { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
    const host = await Host.start({ options, extras, simulator });
    await keepTrace(host.database);
    return new World(clock, timers, host);
  }

  get sandbox(): Sandbox {
    return this.host.sandbox;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.#rise();
      await this.#take(step).catch((error: unknown) => {
        if (!this.#mortal.dead && !(error instanceof ProcessDiedError)) throw error;
      });
    }
  }

  /**
   * Lets everything come to its end; then exdata tells once more how each document stands, of what nobody here would
   * ask for any more.
   */
  async rest(): Promise<void> {
    await this.#comeToRest();
    for (const { id } of this.sandbox.documents.list()) await this.sandbox.webhooks.deliver(id);
    await this.#comeToRest();
  }

  /** Faults are over, holds released, documents completed, time passes. */
  async #comeToRest(): Promise<void> {
    this.sandbox.faults.clear();
    this.sandbox.accounts.setCredits('acct_1', 100);
    this.#failures = 0;
    for (let round = 0; round < 40; round++) {
      await this.#rise();
      try {
        await this.host.uploads.releaseHold();
        for (const { id, status } of this.sandbox.documents.list())
          if (status === 'pending') await this.sandbox.documents.finish(id);
        await this.#settle();
        if (await isAtRest(this.host, this.clock)) return;
      } catch (error) {
        if (!this.#mortal.dead) throw error;
      }
      this.clock.skip(2 * hour);
    }
    throw new Error(`the host never comes to rest: ${await workLeft(this.host)}`);
  }

  async close(): Promise<void> {
    await this.host.close();
    for (const cancel of this.timers) cancel();
  }

  /** After a death another process starts on what the dead one left, once its leases are over. */
  async #rise(): Promise<void> {
    if (!this.#mortal.dead) return;
    this.deaths += 1;
    await this.host.end();
    const extras = { providers: [{ provide: EXDATA_CLOCK, useValue: this.clock }] };
    this.host = await Host.start({ options, extras, after: this.host });
    this.#mortal = this.#dwell();
    this.clock.skip(leaseMs + 1_000);
  }

  #dwell(): Mortal {
    this.host.bookkeeping.afterWrite = async ({ manager, effectKey }) => {
      await manager.query(`insert into proof_effect (effect_key) values ('${effectKey}')`);
      if (this.#failures-- > 0) throw new Error('the ledger is closed');
    };
    return new Mortal(this.host.database);
  }

  async #take(step: Step): Promise<void> {
    const { sandbox, host } = this;
    switch (step.step) {
      case 'submit':
        await host.uploads.submit({
          source: { type: 'invoice', id: step.source },
          file: Buffer.from(`%PDF-1.4 ${step.source}`),
        });
        return;
      case 'upload accident': {
        const match = (facts: RequestFacts): boolean =>
          isUpload(facts) && !(isForNewKeys(step.accident) && this.#knows(facts.idempotencyKey));
        const fault = uploadAccidents[step.accident];
        if (fault) sandbox.faults.request(fault, { match, times: step.times });
        return;
      }
      case 'read accident':
        sandbox.faults.request(readAccidents[step.accident], { match: isRead });
        return;
      case 'delivery accident':
        sandbox.faults.delivery(deliveryAccidents[step.accident]);
        return;
      case 'finish':
        return this.#finish(this.#pick(sandbox.documents.list(), step.which), step.as);
      case 'rerun': {
        const document = this.#pick(sandbox.documents.list(), step.which);
        // What exdata blocked stays blocked or is resumed; it is not extracted anew.
        if (document?.status === 'completed' || document?.status === 'error') sandbox.documents.rerun(document.id);
        return;
      }
      case 'credits':
        sandbox.accounts.setCredits('acct_1', step.left);
        sandbox.readings.insufficientCredits = step.told;
        return;
      case 'deliver': {
        const document = this.#pick(sandbox.documents.list(), step.which);
        if (document) await sandbox.webhooks.deliver(document.id);
        return;
      }
      case 'replay': {
        const delivery = this.#pick(sandbox.webhooks.deliveries(), step.which);
        if (delivery) await sandbox.webhooks.replay(delivery.id);
        return;
      }
      case 'handler fails':
        this.#failures = step.times;
        return;
      case 'release':
        await host.uploads.releaseHold();
        return;
      case 'resubmit':
        return this.#resubmit(step.source);
      case 'time passes':
        this.clock.skip(step.ms);
        return;
      case 'settle':
        return this.#settle();
      case 'go on for some turns':
        for (let turns = 0; turns < step.turns; turns++) await turn();
        return;
      case 'die':
        this.#mortal.dieOver(step.transactions, step.point);
    }
  }

  /** exdata ends what is pending, or resumes what is blocked; it does not contradict itself within one run. */
  async #finish(document: SandboxDocument | undefined, as: string): Promise<void> {
    if (document?.status !== 'pending' && document?.status !== 'blocked') return;
    const { id, status } = document;
    if (as === 'completed' || as === 'error') await this.sandbox.documents.finish(id, { status: as });
    else if (status === 'pending')
      await this.sandbox.documents.finish(id, {
        status: 'blocked',
        reason: as === 'blocked' ? 'policy' : 'insufficient_credits',
      });
  }

  async #resubmit(id: string): Promise<void> {
    if ((await this.host.documents.findBySource({ type: 'invoice', id })) === null) return;
    await this.host.uploads
      .resubmit({ type: 'invoice', id }, { reason: 'a person asked for it' })
      .catch((error: unknown) => {
        if (!(error instanceof ExdataResubmitError)) throw error;
      });
  }

  #knows(key: string | null): boolean {
    return (
      this.sandbox.journal.requests(({ idempotencyKey, documentId }) => idempotencyKey === key && documentId !== null)
        .length > 0
    );
  }

  #pick<T>(all: readonly T[], which: number): T | undefined {
    return all.length === 0 ? undefined : all[which % all.length];
  }

  /** Until everything that is due has been taken, and is over unless exdata keeps its answer. */
  async #settle(): Promise<void> {
    const patience = AbortSignal.timeout(patienceMs);
    await until(async () => {
      if (patience.aborted) throw new Error(`the host does not get on: ${await workLeft(this.host)}`);
      return this.#mortal.dead || (await isSettled(this.host, this.clock));
    });
  }
}

/** The simulator lives on the host's time; what it has planned ends with the world. */
function simulatorClock(clock: ShiftedClock, timers: Set<() => void>): SandboxClock {
  return {
    now: () => clock.now(),
    setTimeout: (callback, ms) => {
      const cancel = clock.after(ms, () => {
        timers.delete(cancel);
        void callback();
      });
      timers.add(cancel);
      return cancel;
    },
  };
}
