import { ExdataLink } from 'nestjs-exdata';
import { In, Not } from 'typeorm';
import type { Host } from './host.js';
import type { ShiftedClock } from './shifted-clock.js';

/** The token that the simulator begins with, and the one that it takes instead after {@link change}. */
export const [refused, taken] = ['sandbox_test_token', 'sandbox_token_that_came_after'] as const;

export const submit = ({ uploads }: Host, id: string) =>
  uploads.submit({ source: { type: 'invoice', id }, file: Buffer.from(`%PDF-1.4 ${id}`), filename: `${id}.pdf` });

/** exdata takes one token instead of the other. */
export function change({ sandbox }: Host): void {
  sandbox.accounts.addToken('acct_1', { token: taken, mode: 'test' });
  sandbox.accounts.revokeToken(refused);
}

/** Lets time pass where all that is left waits for it, and tells whether nothing is left. */
export async function goneOn({ database }: Host, clock: ShiftedClock, ids: readonly string[]): Promise<boolean> {
  const rows = await database.manager.findBy(ExdataLink, { sourceId: In([...ids]), state: Not('completed') });
  const waits = rows.map(({ work: { dueAt, leaseUntil } }) =>
    leaseUntil === null && dueAt !== null ? dueAt - clock.now() : 0,
  );
  if (waits.length > 0 && waits.every((wait) => wait > 0)) clock.skip(Math.min(...waits));
  return rows.length === 0;
}
