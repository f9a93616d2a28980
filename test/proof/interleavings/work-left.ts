import { ExdataDelivery, ExdataLink, ExdataHandlerRun } from 'nestjs-exdata';
import { ExdataAccountState, ExdataAlertRow } from '../../../libs/exdata/src/documents/index.js';
import type { ExdataClock } from 'nestjs-exdata';
import { IsNull, LessThanOrEqual, MoreThan, Not } from 'typeorm';
import type { FindOptionsWhere } from 'typeorm';
import type { Host } from '../../life/host.js';

const tables = [ExdataLink, ExdataDelivery, ExdataHandlerRun, ExdataAlertRow, ExdataAccountState] as const;

type Where = Pick<FindOptionsWhere<ExdataLink>, 'work'>;

async function count({ database }: Host, where: Where | Where[]): Promise<number> {
  const counts = await Promise.all(
    tables.map((table) => database.manager.count<{ id: string } & Pick<ExdataLink, 'work'>>(table, { where })),
  );
  return counts.reduce((sum, found) => sum + found, 0);
}

/**
 * Whether no delivery is on its way, nothing is due that nobody holds, and nothing is held but what waits for an answer
 * of exdata.
 */
export async function isSettled(host: Host, clock: ExdataClock): Promise<boolean> {
  if (host.sandbox.journal.deliveries(({ outcome }) => outcome === 'open').length > 0) return false;
  const now = clock.now();
  const due = { dueAt: LessThanOrEqual(now) };
  if (
    (await count(host, [
      { work: { ...due, leaseUntil: IsNull() } },
      { work: { ...due, leaseUntil: LessThanOrEqual(now) } },
    ])) > 0
  )
    return false;
  if (host.sandbox.journal.requests(({ outcome }) => outcome === 'delayed').length > 0) return true;
  return (await count(host, { work: { leaseUntil: MoreThan(now) } })) === 0;
}

/**
 * Whether nothing is left to be done, now or later, here or at exdata. The lease of a dead process stands on a row that
 * others have ended: it is over, and that is all.
 */
export async function isAtRest(host: Host, clock: ExdataClock): Promise<boolean> {
  if (host.sandbox.documents.list().some(({ status }) => status === 'pending')) return false;
  if (host.sandbox.webhooks.deliveries().some(({ status }) => status === 'pending')) return false;
  if (await host.database.manager.existsBy(ExdataAccountState, { holdId: Not(IsNull()) })) return false;
  return (
    (await count(host, [{ work: { dueAt: Not(IsNull()) } }, { work: { leaseUntil: MoreThan(clock.now()) } }])) === 0
  );
}

/** What keeps the host from rest, for the person who has to find out why. */
export async function workLeft({ database, sandbox }: Host): Promise<string> {
  const rows = await Promise.all(
    tables.map(async (table) => {
      const found = await database.manager.find<{ id: string } & Pick<ExdataLink, 'work'>>(table);
      return [table.name, found.filter(({ work }) => work.dueAt !== null || work.leaseUntil !== null)];
    }),
  );
  const documents = sandbox.documents.list().filter(({ status }) => status === 'pending');
  const deliveries = sandbox.webhooks.deliveries().filter(({ status }) => status === 'pending');
  return JSON.stringify([...rows, documents, deliveries], null, 1);
}
