/**
 * The most that a row keeps of a document as exdata gave it, in UTF-16 units of its JSON. Its answers are about 1,000.
 */
export const mostKept = 65_536;

/**
 * What a row keeps of a document as exdata gave it: all of it, or, where that is more than a row is to hold, what is
 * left without its largest values. Each run of a handler has a copy, and a database takes no statement of any size.
 */
export function keptOf(raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (JSON.stringify(raw).length <= mostKept) return raw;
  const entries = Object.entries(raw).map(([name, value]) => ({
    name,
    size: JSON.stringify({ [name]: value }).length,
  }));
  const kept = new Set<string>();
  let left = mostKept;
  // First what makes it a document at all.
  const isNeeded = (name: string): number => (name === 'id' || name === 'status' ? 0 : 1);
  for (const { name, size } of entries.sort((a, b) => isNeeded(a.name) - isNeeded(b.name) || a.size - b.size)) {
    left -= size;
    if (left < 0) break;
    kept.add(name);
  }
  return Object.fromEntries(Object.entries(raw).filter(([name]) => kept.has(name)));
}
