import type { DataSource } from 'typeorm';

/** A write to a document's row that moved it. */
export interface Move {
  readonly row: string;
  readonly fromState: string;
  readonly toState: string;
  readonly fromRun: string | null;
  readonly toRun: string | null;
  readonly exdataId: string | null;
}

/**
 * Has the database itself keep each move of each row, in the transaction that makes it, whoever makes it; also each
 * hold of the account, and a table for the host's own effects.
 */
export async function keepTrace(database: DataSource): Promise<void> {
  await database.query('create table proof_effect (effect_key text)');
  await database.query('create table proof_hold (hold_id text)');
  await database.query(
    `create table proof_move (position integer primary key autoincrement, "row" text, "fromState" text, "toState" text, "fromRun" text, "toRun" text, "exdataId" text)`,
  );
  await database.query(
    `create trigger proof_moves after update on exdata_document
     when old.state <> new.state or old.run_id is not new.run_id or old.exdata_id is not new.exdata_id
     begin
       insert into proof_move ("row", "fromState", "toState", "fromRun", "toRun", "exdataId")
       values (old.id, old.state, new.state, old.run_id, new.run_id, new.exdata_id);
     end`,
  );
  await database.query(
    `create trigger proof_holds after update on exdata_account when old.hold_id is not new.hold_id and new.hold_id is not null
     begin
       insert into proof_hold values (new.hold_id);
     end`,
  );
}

export function movesIn(database: DataSource): Promise<Move[]> {
  return database.query('select * from proof_move order by position');
}

export async function effectsIn(database: DataSource): Promise<string[]> {
  const rows: { effect_key: string }[] = await database.query('select effect_key from proof_effect');
  return rows.map((row) => row.effect_key);
}

export async function holdsIn(database: DataSource): Promise<string[]> {
  const rows: { hold_id: string }[] = await database.query('select hold_id from proof_hold');
  return rows.map((row) => row.hold_id);
}
