export { EntityRows } from './entity-rows.js';
export { columnsOf, rowsOf } from './row-column.js';
export type { RowColumn } from './row-column.js';
