/** Runs one scenario, and writes what it saw as JSON: `node program.js '{"scenario":"afresh","options":{…}}'`. */
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { scenarios } from './scenarios.js';
import type { TenantsHostOptions } from './tenants-host.js';

/** What the program is told to do. */
export interface Order {
  readonly scenario: keyof typeof scenarios;
  readonly options: TenantsHostOptions;
}

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const { scenario, options } = JSON.parse(process.argv[2] ?? '') as Order;
console.log(JSON.stringify(await scenarios[scenario](options)));
