import type { TableColumnOptions } from 'typeorm';

/** The few kinds of column that the module's tables have; `tables.ts` words them for each database. */
export type Column = TableColumnOptions;

export const maybe = { isNullable: true };

/** Text that may be searched for: compared character by character on every database. */
export const text = (name: string, length: number, more: Partial<Column> = {}): Column => ({
  name,
  type: 'varchar',
  length: String(length),
  ...more,
});
/** Text of any length. */
export const long = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  type: 'text',
  isNullable: true,
  ...more,
});
export const whole = (name: string, more: Partial<Column> = {}): Column => ({ name, type: 'int', ...more });
/** Epoch ms, or a count of bytes. */
export const big = (name: string, more: Partial<Column> = {}): Column => ({ name, type: 'bigint', ...more });
export const bytes = (name: string, more: Partial<Column> = {}): Column => ({ name, type: 'blob', ...more });
export const yesOrNo = (name: string, more: Partial<Column> = {}): Column => ({ name, type: 'boolean', ...more });

export const id = text('id', 36, { isPrimary: true });

/** `test` or `live`: whose processes the row belongs to. */
export const mode = text('mode', 8);

/** The group by which rows are worked on. */
export const work: readonly Column[] = [
  big('due_at', maybe),
  big('lease_until', maybe),
  whole('fence'),
  whole('starts'),
  whole('finishes'),
  whole('failures'),
  long('last_error'),
];

/** Why and when it came to its end. */
export const deadLetter: readonly Column[] = [
  text('reason', 32, maybe),
  big('ended_at', maybe),
  big('reopened_at', maybe),
];
