import { Table } from 'typeorm';
import { big, text } from '../columns.js';

export const clockTables = [
  new Table({ name: 'exdata_last_time', columns: [text('id', 8, { isPrimary: true }), big('at')] }),
];
