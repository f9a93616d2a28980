const shape = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;

/**
 * Whether `value` is an IBAN with the right check digits (ISO 13616, modulus 97 of ISO 7064). Spaces between groups are allowed.
 * Lengths by country are not checked: a registry of them ages, the check digits do not.
 */
export function isIban(value: string): boolean {
  const compact = value.replaceAll(' ', '');
  if (!shape.test(compact)) return false;
  const rearranged = compact.slice(4) + compact.slice(0, 4);
  const digits = rearranged.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  return BigInt(digits) % 97n === 1n;
}
