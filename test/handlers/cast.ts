import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Provider } from '@nestjs/common';
import {
  EXDATA_CLOCK,
  ExdataDeliveryService,
  ExdataDelivery,
  ExdataDeliveryRun,
  ExdataLink,
  ExdataHandlerRun,
  ExdataHandlers,
  OnExdataDelivery,
  OnExdataDocument,
} from 'nestjs-exdata';
import { ExdataAlertRow } from '../../libs/exdata/src/documents/index.js';
import { ExdataHandler, HandlerWatch } from '../../libs/exdata/src/handlers/index.js';
import type { ExdataHandlerFrom } from '../../libs/exdata/src/handlers/index.js';
import type { ExdataClock, ExdataDeliveryContext, ExdataDocumentContext, ExdataRegisteredHandler } from 'nestjs-exdata';
import { IsNull } from 'typeorm';
import { Host, secret, sign } from '../life/host.js';
import type { HostOptions } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { patienceMs } from '../until.js';

/** What was called, as `handler state source`, or `handler event`. */
export type Calls = string[];

/** A provider with the handler `ledger` of these states, which fails while it cannot be called. */
export function ledger(
  calls: Calls,
  states: ExdataDocumentContext['status'][],
  from?: ExdataHandlerFrom,
  canBeCalled = (): boolean => true,
): Provider {
  @Injectable()
  class Ledger {
    @OnExdataDocument(states, { id: 'ledger', ...(from !== undefined && { from }) })
    keep({ status, link }: ExdataDocumentContext): void {
      if (!canBeCalled()) throw new Error('not today');
      calls.push(`ledger ${status} ${link.sourceId}`);
    }
  }
  return Ledger;
}

/** A provider with the handler `journal` of these events. */
export function journal(calls: Calls, events: string[], from?: ExdataHandlerFrom): Provider {
  @Injectable()
  class Journal {
    @OnExdataDelivery(events, { id: 'journal', ...(from !== undefined && { from }) })
    note({ event }: ExdataDeliveryContext): void {
      calls.push(`journal ${event}`);
    }
  }
  return Journal;
}

/**
 * Processes of one application that come and go: each with handlers of its own, all on one database and by one clock.
 */
export class Cast {
  readonly clock = new ShiftedClock();
  readonly calls: Calls = [];
  #hosts: Host[] = [];

  constructor(private readonly database: HostOptions['database']) {}

  /** The process that runs; the first one before any has started. */
  get host(): Host {
    const host = this.#hosts.at(-1);
    if (!host) throw new Error('no process has started');
    return host;
  }

  get handlers(): ExdataHandlers {
    return this.host.app.get(ExdataHandlers);
  }

  /** Ends the process that runs, if there is one, and starts another with these handlers. */
  async roll(...providers: Provider[]): Promise<Host> {
    const before = this.#hosts.at(-1);
    await before?.end();
    return this.#start({ providers, ...(before && { after: before }) });
  }

  /** As {@link roll}, for a first process that has a clock of its own. */
  async begin(clock: ExdataClock): Promise<Host> {
    return this.#start({}, clock);
  }

  /** Starts a process with these handlers beside the one that runs. */
  async join(...providers: Provider[]): Promise<Host> {
    return this.#start({ providers, beside: this.host });
  }

  /** Submits a document and has exdata end it; resolves once the process that runs knows. */
  async end(id: string, status: 'completed' | 'error' = 'completed'): Promise<void> {
    await this.host.sandbox.documents.finish(await this.host.pending(id), { status });
    await this.host.documents.waitFor({ type: 'invoice', id }, { until: status, timeoutMs: patienceMs });
  }

  /** A signed delivery of an event about no document; resolves once it is worked off. */
  async deliver(event: string): Promise<void> {
    const body = Buffer.from(JSON.stringify({ event, data: { at: randomUUID() } }));
    const headers = {
      'content-type': 'application/json',
      'x-signature': sign(secret, body),
      'x-timestamp': String(Math.floor(this.clock.now() / 1000)),
      'x-delivery': randomUUID(),
      'x-event': event,
    };
    const { status } = await fetch(this.host.url, { method: 'POST', body, headers });
    if (status !== 204) throw new Error(`the delivery was answered ${String(status)}`);
    await this.host.inboxWorkedOff();
  }

  /**
   * Resolves once every handler of the process that runs has been offered what ended, so many times, and no run is
   * open.
   */
  async offered(times = 1): Promise<void> {
    const { manager } = this.host.database;
    await this.host.until(async () => {
      const rows = await manager.findBy(ExdataHandler, { retiredAt: IsNull() });
      const looked = rows.every(({ work }) => work.starts >= times && work.leaseUntil === null);
      return (
        looked &&
        !(await manager.existsBy(ExdataHandlerRun, { outcome: 'open' })) &&
        !(await manager.existsBy(ExdataDeliveryRun, { outcome: 'open' }))
      );
    });
  }

  /**
   * Lets time pass until the next look at what ended, and resolves once so many have been made; to false where there is
   * none any more.
   */
  async lookAgain(times: number): Promise<boolean> {
    const row = await this.host.database.manager.findOneByOrFail(ExdataHandler, { retiredAt: IsNull() });
    if (row.work.dueAt === null) return false;
    this.clock.skip(Math.max(0, row.work.dueAt - this.clock.now()));
    await this.offered(times);
    return true;
  }

  /** Runs of handlers of documents, by state. */
  runs(): Promise<ExdataHandlerRun[]> {
    return this.host.database.manager.find(ExdataHandlerRun, { order: { status: 'ASC' } });
  }

  deliveryRuns(outcome: ExdataDeliveryRun['outcome']): Promise<ExdataDeliveryRun[]> {
    return this.host.database.manager.findBy(ExdataDeliveryRun, { outcome });
  }

  /** Lets time pass, and resolves once handlers have been looked at. */
  async pass(ms: number): Promise<void> {
    this.clock.skip(ms);
    await this.host.app.get(HandlerWatch, { strict: false }).look();
  }

  /** Replays the delivery of a document. */
  async replay(id: string): Promise<void> {
    const { manager } = this.host.database;
    const document = await this.host.documents.findBySource({ type: 'invoice', id });
    const delivery = await manager.findOneByOrFail(ExdataDelivery, { linkId: document?.id ?? '' });
    await this.host.app.get(ExdataDeliveryService).replay(delivery.id);
  }

  /** Forgets what earlier tests on the same database left. */
  async empty(): Promise<void> {
    for (const entity of [
      ExdataHandler,
      ExdataHandlerRun,
      ExdataDeliveryRun,
      ExdataDelivery,
      ExdataLink,
      ExdataAlertRow,
    ])
      await this.host.database.manager.deleteAll(entity);
    await this.handlers.list();
  }

  async registered(id: string): Promise<ExdataRegisteredHandler | undefined> {
    return (await this.handlers.list()).find((handler) => handler.id === id);
  }

  /** Resolves once the calls are these, in any order. */
  async called(...wanted: string[]): Promise<void> {
    await this.host.until(() => this.calls.length >= wanted.length);
    const is = [...this.calls].sort().join();
    if (is !== [...wanted].sort().join()) throw new Error(`called: ${is}`);
  }

  async close(): Promise<void> {
    const hosts = this.#hosts;
    this.#hosts = [];
    const [first, ...others] = hosts;
    await Promise.all(others.map((host) => host.end()));
    await first?.close();
  }

  async #start(options: HostOptions, clock: ExdataClock = this.clock): Promise<Host> {
    const { database } = this;
    const extras = { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
    const host = await Host.start({ ...(database && { database }), extras, bookkeeping: false, ...options });
    this.#hosts.push(host);
    return host;
  }
}
