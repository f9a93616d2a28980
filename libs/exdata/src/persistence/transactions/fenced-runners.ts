import type { QueryRunner } from 'typeorm';

/** Query runners that answer for what is sent over their connection: nothing may go past their `query`. */
const fenced = new WeakSet<QueryRunner>();

export function markFenced(runner: QueryRunner): void {
  fenced.add(runner);
}

export function isFenced(runner: QueryRunner): boolean {
  return fenced.has(runner);
}
