import { Table } from 'typeorm';
import { big, deadLetter, id, long, maybe, mode, text, work, yesOrNo } from '../columns.js';

export const webhookTables = [
  new Table({
    name: 'exdata_delivery',
    columns: [
      id,
      mode,
      text('account', 64),
      text('delivery_id', 255),
      text('event', 128),
      big('sent_at'),
      big('received_at'),
      text('body_sha256', 64),
      long('body', { isNullable: false }),
      yesOrNo('body_dropped', { default: false }),
      yesOrNo('conflicting_id', { default: false }),
      text('secret_id', 64),
      text('outcome', 24),
      ...deadLetter,
      text('exdata_id', 255, maybe),
      text('request_id', 128, maybe),
      text('document_row_id', 36, maybe),
      text('replay_of', 36, maybe),
      big('asked_at', maybe),
      long('note'),
      ...work,
    ],
    indices: [
      { name: 'exdata_delivery_once', columnNames: ['mode', 'account', 'delivery_id', 'body_sha256'], isUnique: true },
      { name: 'exdata_delivery_due', columnNames: ['mode', 'outcome', 'due_at'] },
      { name: 'exdata_delivery_age', columnNames: ['mode', 'body_dropped', 'received_at'] },
      { name: 'exdata_delivery_asked', columnNames: ['mode', 'account', 'exdata_id', 'asked_at'] },
      { name: 'exdata_delivery_received', columnNames: ['mode', 'received_at', 'id'] },
    ],
  }),
  new Table({
    name: 'exdata_delivery_run',
    columns: [
      id,
      mode,
      text('delivery_row_id', 36),
      text('account', 64),
      text('effect', 100),
      text('handler', 191),
      text('registration_id', 36),
      text('outcome', 16),
      ...deadLetter,
      big('created_at'),
      ...work,
    ],
    indices: [
      { name: 'exdata_delivery_run_once', columnNames: ['mode', 'account', 'effect', 'handler'], isUnique: true },
      { name: 'exdata_delivery_run_due', columnNames: ['mode', 'outcome', 'due_at', 'registration_id'] },
      { name: 'exdata_delivery_run_delivery', columnNames: ['delivery_row_id'] },
      { name: 'exdata_delivery_run_age', columnNames: ['mode', 'created_at'] },
    ],
  }),
  new Table({
    name: 'exdata_seen_body',
    columns: [id, mode, text('account', 64), text('body_sha256', 64), big('seen_at')],
    indices: [
      { name: 'exdata_seen_body_once', columnNames: ['mode', 'account', 'body_sha256'], isUnique: true },
      { name: 'exdata_seen_body_age', columnNames: ['mode', 'seen_at'] },
    ],
  }),
];
