export { createSandbox, type Sandbox } from './sandbox.js';
export { defaultAccounts, defaultRetryAfterMs, type SandboxOptions } from './options.js';
export { defaultReadings, type Readings } from './readings.js';
export { defaultLimits, type SandboxLimits } from './limits.js';
export { systemClock, type CancelTimer, type SandboxClock } from './clock/clock.js';
export { VirtualClock } from './clock/virtual-clock.js';
export type {
  Ability,
  AccountOptions,
  Accounts,
  AccountState,
  Caller,
  Mode,
  TokenOptions,
} from './accounts/accounts.js';
export type { RateLimits, RequestRates } from './accounts/request-rates.js';
export type { Documents } from './documents/documents.js';
export type { DocumentStatus, ExtractionRun, Patch, SandboxDocument } from './documents/document.js';
export type { Outcome } from './documents/outcome.js';
export type { ProcessingTime } from './documents/processing.js';
export {
  standardFields,
  type ExtractionField,
  type ExtractionFields,
  type StandardField,
  type TaxBreakdown,
} from './fields.js';
export type { Faults } from './faults/faults.js';
export type { AlteredAnswer, RequestFacts, RequestFault } from './faults/request-fault.js';
export { requestFaults } from './faults/request-faults.js';
export { operations, type Operation } from './http/routes.js';
export type { Scripted } from './script.js';
export type { DeliveryEntry, FileFacts, JournalEntry, RequestEntry } from './journal/entries.js';
export type { Journal, WaitOptions } from './journal/journal.js';
export type { Delivery, DeliveryFacts } from './webhooks/delivery.js';
export type { Copies, DeliveryFault, DeliveryOverride } from './webhooks/delivery-override.js';
export type { Endpoint, EndpointOptions } from './webhooks/endpoints.js';
export { sign } from './webhooks/signed-request.js';
export type { WebhookMessage, Webhooks } from './webhooks/webhooks.js';
