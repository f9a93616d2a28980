export { GroupCommit } from './group-commit.js';
export { InboxTable } from './inbox-table.js';
export type { InboxFault, InboxRow } from './inbox-table.js';
export { InboxRetention } from './retention.js';
export { newRowId } from './row-id.js';
export type { StoreResult } from './waiting-delivery.js';
