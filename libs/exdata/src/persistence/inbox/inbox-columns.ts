import type { DataSource } from 'typeorm';
import { newWork } from '../../dispatch/index.js';
import type { ExdataMode } from '../../dispatch/index.js';
import { ExdataDelivery, textBytesOf } from '../../webhooks/index.js';
import type { InboxRow } from '../../webhooks/index.js';
import { EntityNames } from '../entity-names.js';

type Value = string | number;

const textOf = (value: Value | Buffer): Value => (Buffer.isBuffer(value) ? value.toString('utf8') : value);

/** A column of the inbox and what a new row has in it, text perhaps as its UTF-8; `type` as PostgreSQL calls it. */
interface InboxColumn {
  readonly property: string;
  readonly type: 'text' | 'bigint';
  readonly valueOf: (row: InboxRow) => Value | Buffer;
  /** What is stored of the value, in SQL; the value itself where it is left out. */
  readonly stored?: (value: string) => string;
}

const isBorn = ({ leaseUntil }: InboxRow): number => (leaseUntil === null ? 0 : 1);

/** What differs from row to row. The order is that of the parameters. */
const given: readonly InboxColumn[] = [
  { property: 'id', type: 'text', valueOf: (row) => row.id },
  { property: 'account', type: 'text', valueOf: (row) => row.account },
  { property: 'deliveryId', type: 'text', valueOf: (row) => row.deliveryId },
  { property: 'event', type: 'text', valueOf: (row) => row.event },
  { property: 'sentAt', type: 'bigint', valueOf: (row) => row.sentAt },
  { property: 'receivedAt', type: 'bigint', valueOf: (row) => row.receivedAt },
  { property: 'work.dueAt', type: 'bigint', valueOf: (row) => row.receivedAt },
  { property: 'bodySha256', type: 'text', valueOf: (row) => row.bodySha256 },
  { property: 'body', type: 'text', valueOf: (row) => textBytesOf(row.body) },
  { property: 'secretId', type: 'text', valueOf: (row) => row.secretId },
  {
    property: 'work.leaseUntil',
    type: 'bigint',
    valueOf: ({ leaseUntil }) => leaseUntil ?? 0,
    stored: (value) => `nullif(${value}, 0)`,
  },
  { property: 'work.fence', type: 'bigint', valueOf: isBorn },
  { property: 'work.starts', type: 'bigint', valueOf: isBorn },
];

const { finishes, failures } = newWork(null);

/** What every new row has alike, in SQL. Columns that are in neither list take their default. */
const alikeIn = (mode: ExdataMode): Readonly<Record<string, string>> => ({
  mode: `'${mode}'`,
  outcome: "'open'",
  bodyDropped: 'false',
  conflictingId: 'false',
  'work.finishes': String(finishes),
  'work.failures': String(failures),
});

/** The names and values of the inbox's columns, as the host's DataSource has them; names are quoted. */
export class InboxColumns {
  readonly table: string;
  readonly given = given;
  /** Names of the columns that {@link given} tells, in its order. */
  readonly givenNames: readonly string[];
  readonly alikeNames: readonly string[];
  readonly alikeValues: readonly string[];
  readonly id: string;
  /** Names of the columns by which a delivery is told to be there already. */
  readonly once: string;

  constructor(dataSource: DataSource, mode: ExdataMode) {
    const alike = alikeIn(mode);
    const names = new EntityNames(dataSource, ExdataDelivery);
    const named = (property: string): string => names.column(property);
    this.table = names.table;
    this.givenNames = given.map(({ property }) => named(property));
    this.alikeNames = Object.keys(alike).map(named);
    this.alikeValues = Object.values(alike);
    this.id = named('id');
    this.once = ['mode', 'account', 'deliveryId', 'bodySha256'].map(named).join(', ');
  }

  /** The names of all columns that an insert fills: those that differ, then those that are alike. */
  get names(): string {
    return [...this.givenNames, ...this.alikeNames].join(', ');
  }

  /** What is stored of the given values, in SQL; `place` says where each of them stands. */
  storedOf(place: (at: number) => string): string[] {
    return given.map(({ stored = (value: string) => value }, at) => stored(place(at)));
  }

  valuesOf(row: InboxRow): Value[] {
    return given.map(({ valueOf }) => textOf(valueOf(row)));
  }

  /** An array for each column. */
  textArraysOf(rows: readonly InboxRow[]): Value[][] {
    return given.map(({ valueOf }) => rows.map((row) => textOf(valueOf(row))));
  }
}
