export { AccountGate, accountJobName, testLimitCode } from './account-gate.js';
export type { ExdataHold, Gate, Sighting } from './account-gate.js';
export { AccountReads, rateLimitMs } from './account-reads.js';
export { ExdataAccountState } from './account.entity.js';
export type { HoldReason } from './account.entity.js';
export { ExdataAccounts } from './exdata-accounts.js';
export type { ExdataAccount } from './exdata-accounts.js';
export { holdMessages } from './hold-messages.js';
