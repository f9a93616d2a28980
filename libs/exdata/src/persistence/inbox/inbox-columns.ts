import type { DataSource } from 'typeorm';
import { newWork } from '../../dispatch/index.js';
import { ExdataDelivery, textBytesOf } from '../../webhooks/index.js';
import type { InboxRow } from '../../webhooks/index.js';

type Value = string | number;

const textOf = (value: Value | Buffer): Value => (Buffer.isBuffer(value) ? value.toString('utf8') : value);

/** A column of the inbox and what a new row has in it, text perhaps as its UTF-8; `type` as PostgreSQL calls it. */
interface InboxColumn {
  readonly property: string;
  readonly type: 'text' | 'bigint';
  readonly valueOf: (row: InboxRow) => Value | Buffer;
}

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
];

const { fence, starts, finishes, failures } = newWork(null);

/** What every new row has alike, in SQL. Columns that are in neither list take their default. */
const alike: Readonly<Record<string, string>> = {
  outcome: "'open'",
  bodyDropped: 'false',
  conflictingId: 'false',
  'work.fence': String(fence),
  'work.starts': String(starts),
  'work.finishes': String(finishes),
  'work.failures': String(failures),
};

/** The names and values of the inbox's columns, as the host's DataSource has them; names are quoted. */
export class InboxColumns {
  readonly table: string;
  readonly given = given;
  /** Names of the columns that {@link given} tells, in its order. */
  readonly givenNames: readonly string[];
  readonly alikeNames: readonly string[];
  readonly alikeValues: readonly string[] = Object.values(alike);
  readonly id: string;
  readonly account: string;
  readonly deliveryId: string;
  readonly bodySha256: string;

  constructor(dataSource: DataSource) {
    const metadata = dataSource.getMetadata(ExdataDelivery);
    const named = (property: string): string => {
      const column = metadata.findColumnWithPropertyPath(property);
      if (!column) throw new Error(`the inbox has no column ${property}`);
      return dataSource.driver.escape(column.databaseName);
    };
    this.table = metadata.tablePath
      .split('.')
      .map((part) => dataSource.driver.escape(part))
      .join('.');
    this.givenNames = given.map(({ property }) => named(property));
    this.alikeNames = Object.keys(alike).map(named);
    this.id = named('id');
    this.account = named('account');
    this.deliveryId = named('deliveryId');
    this.bodySha256 = named('bodySha256');
  }

  /** The names of all columns that an insert fills: those that differ, then those that are alike. */
  get names(): string {
    return [...this.givenNames, ...this.alikeNames].join(', ');
  }

  valuesOf(row: InboxRow): Value[] {
    return given.map(({ valueOf }) => textOf(valueOf(row)));
  }

  /** An array for each column. */
  textArraysOf(rows: readonly InboxRow[]): Value[][] {
    return given.map(({ valueOf }) => rows.map((row) => textOf(valueOf(row))));
  }
}
