import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DataSource, FindOptionsWhere } from 'typeorm';
import { newWork, Work } from '../../libs/exdata/src/dispatch/index.js';
import type { Claim, ExdataTransactions, Job, Settlement, WorkRow } from '../../libs/exdata/src/dispatch/index.js';

/** Some table with work to do. */
@Entity()
export class Chore {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 20 })
  state!: string;

  @Column(() => Work, { prefix: false })
  work!: Work;
}

/** Does what `act` says, and remembers what it did. */
export class ChoreJob implements Job<Chore> {
  readonly name = 'chore';
  readonly entity = Chore;
  readonly where: FindOptionsWhere<WorkRow> & { state: string } = { state: 'open' };
  readonly ran: string[] = [];
  act: (row: Chore, claim: Claim) => Promise<void> = (row, claim) => this.end(row, claim);

  constructor(
    private readonly transactions: ExdataTransactions,
    readonly timeoutMs = 20_000,
  ) {}

  async run(row: Chore, claim: Claim): Promise<void> {
    this.ran.push(row.id);
    await this.act(row, claim);
  }

  async quarantine(row: Chore, claim: Claim): Promise<void> {
    await this.end(row, claim, 'poison', { kind: 'failed', dueAt: null, error: 'poison' });
  }

  async giveUp(row: Chore, claim: Claim, error: unknown): Promise<void> {
    await this.end(row, claim, 'dead', { kind: 'failed', dueAt: null, error: String(error) });
  }

  /** Ends the row in the given state. */
  async end(row: Chore, claim: Claim, state = 'done', settlement: Settlement = { kind: 'done', dueAt: null }): Promise<void> {
    await this.transactions.run(async (manager) => {
      await manager.update(Chore, { id: row.id }, { state });
      await claim.settle(manager, settlement);
    });
  }

  /** Leaves the row open, to be gone on with at `dueAt`, or once it is woken. */
  async wait(claim: Claim, dueAt: number | null): Promise<void> {
    await this.transactions.run((manager) => claim.settle(manager, { kind: 'wait', dueAt, error: 'not yet: for a reason' }));
  }
}

export async function addChores(source: DataSource, ids: readonly string[], dueAt: number | null = Date.now()): Promise<void> {
  await source.manager.insert(
    Chore,
    ids.map((id) => ({ id, state: 'open', work: newWork(dueAt) })),
  );
}

export const choreOf = (source: DataSource, id: string): Promise<Chore> => source.manager.findOneByOrFail(Chore, { id });

/** Resolves once `holds` does; looks again and again, without waiting for any time to pass. Gives up where the test has given up long since. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const patience = AbortSignal.timeout(60_000);
  while (!(await holds())) {
    patience.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A promise with its key. */
export function latch<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open };
}
