/** Everything taxed at one rate, in whole cents. */
export interface TaxGroup {
  /** Whole percent. */
  readonly rate: number;
  readonly basis: number;
  readonly amount: number;
}

/** Adds up by rate, the highest first, and rounds each rate's tax once, half up. */
export function taxGroups(items: readonly { readonly cents: number; readonly taxRate: number }[]): TaxGroup[] {
  const bases = new Map<number, number>();
  for (const { cents, taxRate } of items) bases.set(taxRate, (bases.get(taxRate) ?? 0) + cents);
  return [...bases]
    .sort(([a], [b]) => b - a)
    .map(([rate, basis]) => ({ rate, basis, amount: Math.round((basis * rate) / 100) }));
}

/** Whole, non-negative cents as a decimal string with two places. */
export function formatCents(cents: number): string {
  return `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}
