/** What exdata says went wrong: the message alone where it is an object with one, else all of it. */
export function inWords(text: string): string {
  const message = messageOf(text);
  return typeof message === 'string' && message !== '' ? message : text;
}

function messageOf(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'message') : undefined;
  } catch {
    return undefined;
  }
}

/** A field's value, which may be anything that JSON can say: lists and objects are told entry by entry. */
export function valueInWords(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) return value.map(valueInWords).join('; ');
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return JSON.stringify(value);
  return Object.entries(value)
    .map(([key, entry]) => `${fieldInWords(key)} ${valueInWords(entry)}`)
    .join(', ');
}

/** `gross amount` of `gross_amount`. */
export function fieldInWords(name: string): string {
  return name.replaceAll('_', ' ');
}
