import type { DataSource, EntityManager } from 'typeorm';
import { ExdataLink } from '../../documents/index.js';
import { answeredOutcomes, DeliveryLooks, ExdataDelivery, fewestBegun } from '../../webhooks/index.js';
import type { Begun, BegunRead, DeliverySubjectKey } from '../../webhooks/index.js';
import { EntityNames } from '../entity-names.js';
import { PreparedStatement } from '../prepared-statement.js';
import { columnsOf, rowsOf } from '../rows/index.js';
import type { RowColumn } from '../rows/index.js';
import { beginAnew } from '../transactions/index.js';

const begunColumns: readonly string[] = [
  'id',
  'outcome',
  'reason',
  'askedAt',
  'requestId',
  'linkId',
] satisfies (keyof BegunRead)[];
const arrivedColumns: readonly string[] = ['id', 'receivedAt'] satisfies (keyof ExdataDelivery)[];
/** Later than any time. */
const latest = Number.MAX_SAFE_INTEGER;
/** A span in which nothing lies. */
const nothing = { from: latest, to: 0 };

/** The same as text that is prepared once. */
export class PostgresDeliveryLooks extends DeliveryLooks {
  readonly #manager: EntityManager;
  readonly #arrived: readonly RowColumn[];
  readonly #begun: readonly RowColumn[];
  readonly #underSameId: PreparedStatement;
  readonly #mark: PreparedStatement;
  readonly #lastBegun: PreparedStatement;

  constructor(dataSource: DataSource) {
    super();
    this.#manager = dataSource.manager;
    const columns = columnsOf(dataSource, ExdataDelivery);
    this.#arrived = columns.filter(({ property }) => arrivedColumns.includes(property));
    this.#begun = columns.filter(({ property }) => begunColumns.includes(property));
    const prepared = (purpose: string, text: string): PreparedStatement =>
      new PreparedStatement(dataSource, purpose, text);
    const delivery = new EntityNames(dataSource, ExdataDelivery);
    this.#underSameId = prepared('same-id', underSameId(delivery, namesOf(this.#arrived)));
    this.#mark = prepared('mark', mark(delivery, new EntityNames(dataSource, ExdataLink)));
    this.#lastBegun = prepared('begun', lastBegun(delivery, namesOf(this.#begun)));
  }

  async underSameId(row: ExdataDelivery): Promise<ExdataDelivery[]> {
    const values = [row.mode, row.account, row.deliveryId, row.bodySha256, row.receivedAt];
    const { rows } = await this.#underSameId.runIn(this.#manager, values);
    return rowsOf(ExdataDelivery, this.#arrived, rows);
  }

  async mark({ id, mode, account, exdataId }: DeliverySubjectKey, fence: number, askedAt: number): Promise<boolean> {
    const values = [exdataId, askedAt, id, fence, mode, account];
    const { rowCount } = await beginAnew(() => this.#mark.runIn(this.#manager, values));
    return rowCount === 1;
  }

  async lastBegun(
    { id, mode, account, exdataId }: DeliverySubjectKey,
    { now, answered = nothing, asking }: Begun,
    within: EntityManager = this.#manager,
  ): Promise<ExdataDelivery[]> {
    const until = Math.min(asking.to, latest);
    const times = [answered.from, answered.to, asking.from, until, now];
    const { rows } = await this.#lastBegun.runIn(within, [mode, account, exdataId, id, ...times]);
    return rowsOf(ExdataDelivery, this.#begun, rows);
  }
}

const namesOf = (columns: readonly RowColumn[]): string => columns.map(({ name }) => name).join(', ');

function underSameId(names: EntityNames, read: string): string {
  const [mode, account, deliveryId] = [names.column('mode'), names.column('account'), names.column('deliveryId')];
  return (
    `select ${read} from ${names.table} where ${mode} = $1 and ${account} = $2 and ${deliveryId} = $3 ` +
    `and ${names.column('bodySha256')} <> $4 and ${names.column('receivedAt')} <= $5`
  );
}

function mark(delivery: EntityNames, link: EntityNames): string {
  const of = `${link.column('mode')} = $5 and ${link.column('account')} = $6 and ${link.column('exdataId')} = $1`;
  return (
    `update ${delivery.table} set ${delivery.column('exdataId')} = $1, ${delivery.column('askedAt')} = $2 ` +
    `where ${delivery.column('id')} = $3 and ${delivery.column('work.fence')} = $4 ` +
    `and not exists (select from ${link.table} where ${of} and ${link.column('erasedAt')} is not null)`
  );
}

function lastBegun(names: EntityNames, read: string): string {
  const [id, outcome, askedAt] = [names.column('id'), names.column('outcome'), names.column('askedAt')];
  const ended = answeredOutcomes.map((one) => `'${one}'`).join(', ');
  return (
    `select ${read} from ${names.table} where ${names.column('mode')} = $1 and ${names.column('account')} = $2 ` +
    `and ${names.column('exdataId')} = $3 and ${id} <> $4 and (` +
    `(${outcome} in (${ended}) and ${askedAt} between $5 and $6) or ` +
    `(${outcome} = 'open' and ${askedAt} between $7 and $8 and ${names.column('work.leaseUntil')} > $9)) ` +
    `order by ${askedAt} desc, ${id} limit ${fewestBegun}`
  );
}
