import { randomUUID } from 'node:crypto';
import { Accounts } from './accounts/accounts.js';
import { RequestRates } from './accounts/request-rates.js';
import { systemClock } from './clock/clock.js';
import { openControl } from './control/control.js';
import type { Controls } from './control/controls.js';
import { isLoopback } from './control/loopback.js';
import { DocumentStore } from './documents/document-store.js';
import { Documents } from './documents/documents.js';
import { Processing } from './documents/processing.js';
import { defaultFileTypes } from './documents/upload-rules.js';
import { Uploads } from './documents/uploads.js';
import { FileReader } from './einvoice/reading/file-reader.js';
import { Faults } from './faults/faults.js';
import { HeldAnswers } from './faults/held-answers.js';
import type { RequestFacts, RequestFault } from './faults/request-fault.js';
import { Api } from './http/api.js';
import { Pictures } from './http/pictures.js';
import { SandboxServer } from './http/server.js';
import { Journal } from './journal/journal.js';
import { defaultLimits } from './limits.js';
import { defaultAccounts, defaultRetryAfterMs, type SandboxOptions } from './options.js';
import { SeededRandom } from './random.js';
import { defaultReadings, type Readings } from './readings.js';
import { Script } from './script.js';
import { Courier } from './webhooks/courier.js';
import { Deliveries } from './webhooks/deliveries.js';
import { Endpoints } from './webhooks/endpoints.js';
import { Webhooks } from './webhooks/webhooks.js';

/** A stand-in for exdata and everything a test does to it. */
export interface Sandbox extends Controls {
  /** `http://127.0.0.1:<port>/api/v1`. @throws {Error} before `listen` */
  readonly baseUrl: string;
  /** Begins to answer. @param port any free one by default @returns {@link baseUrl} */
  listen(port?: number): Promise<string>;
  /** Ends all connections, timers and deliveries; harmless when repeated. */
  close(): Promise<void>;
}

/**
 * Makes a stand-in for exdata in this process. It does not listen yet.
 * @throws {Error} when `control` is asked for on an address that others can reach, or accounts or tokens are given
 * twice
 */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const { clock = systemClock, host = '127.0.0.1', accounts: accountOptions = defaultAccounts } = options;
  if (options.control === true && !isLoopback(host))
    throw new Error(`control needs a loopback address, ${host} is none.`);
  // Without a seed no id comes twice: a host may have kept those of an earlier start.
  const random = new SeededRandom(String(options.seed ?? randomUUID()));
  const limits = { ...defaultLimits, ...options.limits };
  const readings: Readings = { ...defaultReadings, ...options.readings };
  const stages = options.stages ?? ['queued', 'extracting'];

  const accounts = new Accounts(clock);
  for (const account of accountOptions) accounts.add(account);
  const journal = new Journal(limits.journalEntries);
  const endpoints = new Endpoints(
    new SeededRandom(String(options.seed ?? 'sandbox')).fork('secrets'),
    accountOptions[0].id,
  );
  for (const endpoint of options.endpoints ?? []) endpoints.add(endpoint);
  const deliveries = new Deliveries({
    clock,
    journal,
    readings,
    endpoints,
    random: random.fork('deliveries'),
    courier: new Courier({ clock, journal, endpoints, timeoutMs: options.webhookTimeoutMs ?? 10_000 }),
    retryAfterMs: options.webhookRetryAfterMs ?? defaultRetryAfterMs,
  });
  const firstOf = (name: string): number => random.fork(name).below(2 ** 40) + 1;
  const store = new DocumentStore(clock, {
    document: options.firstDocumentId ?? firstOf('documents'),
    run: firstOf('runs'),
  });
  const reader = new FileReader(limits);
  const processing = new Processing({
    clock,
    reader,
    random,
    store,
    stages,
    time: options.processingMs ?? 1_000,
    onChange: (document) => deliveries.publish(document),
  });
  const uploads = new Uploads({
    accounts,
    clock,
    store,
    processing,
    readings,
    fileTypes: options.fileTypes ?? defaultFileTypes,
    firstStage: stages[0] ?? null,
    onAccepted: (document) => void deliveries.publish(document),
  });
  const requestFaults = new Script<RequestFacts, RequestFault>();
  const held = new HeldAnswers(clock);
  const rates = new RequestRates(clock, {
    token: limits.requestsPerMinute,
    account: limits.accountRequestsPerMinute,
    failedAuthentication: limits.failedAuthenticationsPerMinute,
  });
  const api = new Api({ store, processing, uploads, pictures: new Pictures(store, readings), readings, limits });
  const controls: Controls = {
    clock,
    accounts,
    rates,
    journal,
    readings,
    documents: new Documents(store, processing, uploads),
    webhooks: new Webhooks(endpoints, deliveries, store, accountOptions[0].id),
    faults: new Faults(requestFaults, held, deliveries),
  };
  const sideDoor = options.control === true ? openControl(controls) : undefined;
  const server = new SandboxServer({
    api,
    accounts,
    rates,
    clock,
    readings,
    faults: requestFaults,
    held,
    journal,
    random: random.fork('requests'),
    sideDoor,
  });

  let port: number | undefined;
  return {
    ...controls,
    get baseUrl() {
      if (port === undefined) throw new Error('The simulator does not listen yet: await sandbox.listen() first.');
      return `http://${host.includes(':') ? `[${host}]` : host}:${port}/api/v1`;
    },
    async listen(wanted = 0) {
      port = await server.listen(wanted, host);
      return this.baseUrl;
    },
    async close() {
      processing.close();
      deliveries.close();
      await reader.close();
      await server.close();
    },
  };
}
