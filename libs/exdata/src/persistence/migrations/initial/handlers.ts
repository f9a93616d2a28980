import { Table } from 'typeorm';
import { big, id, maybe, mode, text, work, yesOrNo } from '../columns.js';

export const handlerTables = [
  new Table({
    name: 'exdata_handler',
    columns: [
      id,
      mode,
      text('subject', 16),
      text('handler', 191),
      text('topic', 128),
      yesOrNo('replays'),
      big('from_at'),
      big('registered_at'),
      big('last_seen_at'),
      big('retired_at', maybe),
      big('parked_at', maybe),
      big('place_at', maybe),
      text('place_id', 36, maybe),
      ...work,
    ],
  }),
];
