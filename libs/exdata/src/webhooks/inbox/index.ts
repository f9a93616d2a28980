export { GroupCommit } from './group-commit.js';
export { InboxTable } from './inbox-table.js';
export type { BatchRow, InboxFault, InboxRow, InsertResult } from './inbox-table.js';
export { InboxRetention } from './retention.js';
export { newRowId } from './row-id.js';
export type { StoreResult } from './waiting-delivery.js';
