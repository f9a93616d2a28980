export { EntityRows } from './entity-rows.js';
export { columnsOf } from './row-column.js';
export type { RowColumn } from './row-column.js';
