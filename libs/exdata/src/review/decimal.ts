/** A decimal number held exactly: `unscaled / 10 ** scale`. */
export interface Decimal {
  readonly unscaled: bigint;
  /** Digits after the point. */
  readonly scale: number;
}

/** Zero, the sum of nothing. */
export const zero: Decimal = { unscaled: 0n, scale: 0 };

const wellFormed = /^-?\d{1,30}(?:\.\d{1,15})?$/;

/** Reads a dot-decimal string as exdata writes amounts (exdata docs: Extractions); anything else is `null`. */
export function parseDecimal(value: unknown): Decimal | null {
  if (typeof value !== 'string' || !wellFormed.test(value)) return null;
  const [whole = '', fraction = ''] = value.split('.');
  return { unscaled: BigInt(whole + fraction), scale: fraction.length };
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { unscaled: atScale(a, scale) + atScale(b, scale), scale };
}

/** Whether `a` and `b` lie no further apart than `tolerance`. */
export function isWithin(a: Decimal, b: Decimal, tolerance: Decimal): boolean {
  const { unscaled, scale } = add(a, negate(b));
  const distance = unscaled < 0n ? -unscaled : unscaled;
  const common = Math.max(scale, tolerance.scale);
  return atScale({ unscaled: distance, scale }, common) <= atScale(tolerance, common);
}

function negate({ unscaled, scale }: Decimal): Decimal {
  return { unscaled: -unscaled, scale };
}

/** The same number with more digits after the point. */
function atScale({ unscaled, scale }: Decimal, wanted: number): bigint {
  return unscaled * 10n ** BigInt(wanted - scale);
}
