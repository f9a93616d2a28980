import { isJsonObject } from './json.js';
import type { ExdataJson } from './json.js';

/**
 * Deeper than exdata's answers ever are, and shallow enough for whatever walks or writes a value by calling itself, as
 * JSON.stringify does.
 */
export const deepestAnswer = 64;

/** Stands where something was nested too deep to be kept. */
const cut = '[nested too deep]';

/**
 * The value without what is nested deeper than `depth`; the value itself where nothing is. Calls itself no deeper than
 * that either.
 */
export function withinDepth(value: ExdataJson, depth: number): ExdataJson {
  if (Array.isArray(value)) return list(value as readonly ExdataJson[], depth);
  if (!isJsonObject(value)) return value;
  if (depth === 0) return cut;
  const entries = Object.entries(value);
  const kept = entries.map(([name, item]) => [name, withinDepth(item, depth - 1)] as const);
  return kept.some(([, item], at) => item !== entries[at]?.[1]) ? Object.fromEntries(kept) : value;
}

function list(value: readonly ExdataJson[], depth: number): ExdataJson {
  if (depth === 0) return cut;
  const kept = value.map((item) => withinDepth(item, depth - 1));
  return kept.some((item, at) => item !== value[at]) ? kept : value;
}
