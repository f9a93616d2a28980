import { z } from 'zod';
import { emptyListAsMap, isJsonObject } from './json.js';
import type { JsonObject, ExdataJson } from './json.js';

/** A field that exdata looked for (exdata docs: Extractions). */
export interface ExdataField {
  /** For automation; null when not seen, not applicable, or too uncertain to report. */
  readonly value: ExdataJson;
  /** For review by a person; null where exdata gives none. */
  readonly candidates: readonly ExdataJson[] | null;
}

/** What exdata read from a document. */
export interface ExdataExtraction {
  /**
   * Under exdata's own names (`gross_amount`); a name that is absent here is read by {@link exdataFieldOf} like one
   * without a value.
   */
  readonly fields: Readonly<Record<string, ExdataField>>;
  /** The map as exdata sent it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

const map = z.preprocess(emptyListAsMap, z.custom<JsonObject>(isJsonObject, 'is no map'));

/**
 * Reads an extraction from parsed JSON.
 * @throws {z.ZodError} when it is no map
 */
export function parseExtraction(json: unknown): ExdataExtraction {
  const raw = map.parse(json);
  return { fields: Object.fromEntries(Object.entries(raw).map(([name, wire]) => [name, fieldFrom(wire)])), raw };
}

const absent: ExdataField = { value: null, candidates: null };

/** A shape that the contract does not know is not guessed at: without a value the field goes to a person. */
function fieldFrom(wire: ExdataJson): ExdataField {
  if (!isJsonObject(wire)) return absent;
  const { value = null, candidates } = wire;
  return { value, candidates: isList(candidates) ? candidates : null };
}

const isList = (value: ExdataJson | undefined): value is readonly ExdataJson[] => Array.isArray(value);

/**
 * A field by exdata's name (`gross_amount`). An absent one is like one whose value is null (exdata docs: Extractions).
 */
export function exdataFieldOf(extraction: ExdataExtraction, name: string): ExdataField {
  return (Object.hasOwn(extraction.fields, name) ? extraction.fields[name] : undefined) ?? absent;
}
