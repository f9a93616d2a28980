import type { Accounts } from '../accounts/accounts.js';
import type { RequestRates } from '../accounts/request-rates.js';
import type { SandboxClock } from '../clock/clock.js';
import type { Documents } from '../documents/documents.js';
import type { Faults } from '../faults/faults.js';
import type { Journal } from '../journal/journal.js';
import type { Readings } from '../readings.js';
import type { Webhooks } from '../webhooks/webhooks.js';

/** Everything a test does to a simulator while it runs. */
export interface Controls {
  readonly clock: SandboxClock;
  readonly accounts: Accounts;
  /** Requests a minute; set `limits` to change them. */
  readonly rates: RequestRates;
  readonly documents: Documents;
  readonly webhooks: Webhooks;
  readonly faults: Faults;
  readonly journal: Journal;
  /** How the contract's open points are played; set its properties to change them. */
  readonly readings: Readings;
}
