import { Table } from 'typeorm';
import { big, bytes, id, long, maybe, text, whole } from '../columns.js';

export const uploadTables = [
  new Table({
    name: 'exdata_spool',
    columns: [id, whole('chunks'), big('written_at'), big('kept_at', maybe), long('first')],
  }),
  new Table({
    name: 'exdata_spool_chunk',
    columns: [text('spool_id', 36, { isPrimary: true }), whole('position', { isPrimary: true }), bytes('bytes')],
  }),
];
