import type { EntityManager, QueryRunner } from 'typeorm';

/** A statement whose result nobody waits for: it may be sent as a part of another one. */
export interface Rider {
  /** Its text where so many parameters stand before its own. */
  textAfter(parameters: number): string;
  readonly values: readonly unknown[];
  /** Sends it by itself. */
  send(manager: EntityManager): Promise<unknown>;
}

/** Under which a query runner keeps what rides in its transaction; runners that are derived from it find it too. */
const seat = Symbol('exdata: rides with the next statement');

interface Seated extends QueryRunner {
  [seat]?: { rider: Rider | undefined } | undefined;
}

/** Has it sent with the next statement of the manager's transaction that takes it, at the latest before the commit. */
export async function ride(manager: EntityManager, rider: Rider): Promise<void> {
  const place = seatIn(manager);
  // The order of two is that in which they came.
  await takeRider(manager)?.send(manager);
  if (place) place.rider = rider;
  else await rider.send(manager);
}

/** What is to be sent with a statement of the manager's transaction that is about to be sent. */
export function takeRider(manager: EntityManager): Rider | undefined {
  const place = seatIn(manager);
  const rider = place?.rider;
  if (place) place.rider = undefined;
  return rider;
}

/** Runs what is done in one transaction; what rode with nothing is sent at its end. */
export async function withRiders<T>(manager: EntityManager, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  const runner = manager.queryRunner as Seated | undefined;
  if (runner) runner[seat] = { rider: undefined };
  const result = await work(manager);
  await takeRider(manager)?.send(manager);
  return result;
}

function seatIn({ queryRunner }: EntityManager): Seated[typeof seat] {
  return (queryRunner as Seated | undefined)?.[seat];
}
