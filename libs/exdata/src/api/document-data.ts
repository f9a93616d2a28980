import { z } from 'zod';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** One attempt of exdata's to read a document. */
export interface ExdataExtractionRun {
  readonly id: string;
  readonly status?: string | undefined;
  readonly schemaVersion?: string | undefined;
}

/** A document as exdata gives it (exdata docs: Document object). Only id and status are sure to be there. */
export interface ExdataDocumentData {
  /** A number on the wire; kept as text. */
  readonly id: string;
  /** `pending`, `completed`, `error`, `blocked`, or one that this version does not know. */
  readonly status: string;
  readonly mode?: string | undefined;
  readonly processingStage?: string | null | undefined;
  /** Another shape than text is kept as its JSON. */
  readonly processingError?: string | null | undefined;
  readonly blockedReason?: string | null | undefined;
  readonly filename?: string | null | undefined;
  readonly fileFormat?: string | null | undefined;
  /** In bytes. */
  readonly fileSize?: number | null | undefined;
  readonly locale?: string | null | undefined;
  readonly requester?: string | null | undefined;
  readonly customTypes?: readonly string[] | null | undefined;
  readonly aiProcessing?: boolean | null | undefined;
  readonly isEInvoice?: boolean | null | undefined;
  readonly createdAt?: string | null | undefined;
  readonly updatedAt?: string | null | undefined;
  readonly latestExtractionRun?: ExdataExtractionRun | null | undefined;
  /** Everything that exdata sent, unknown keys included. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A field that exdata looked for (exdata docs: Extractions). */
export interface ExdataField {
  /** For automation; null when not seen, not applicable, or too uncertain to report. */
  readonly value: JsonValue;
  /** For review by a person. */
  readonly candidates: readonly JsonValue[] | null;
}

/** The fields of a document, under exdata's own names (`gross_amount`). */
export interface ExdataExtraction {
  readonly fields: Readonly<Record<string, ExdataField>>;
}

const id = z.union([z.number().int(), z.string().min(1).max(64)]).transform(String);
/** An optional key of another type than expected is passed over; `raw` still has it. */
const text = z.string().nullish().catch(undefined);
const flag = z.boolean().nullish().catch(undefined);
const anyAsText = z
  .unknown()
  .transform((value) => (value === undefined || value === null || typeof value === 'string' ? value : JSON.stringify(value)))
  .optional();

const run = z
  .object({ id, status: text, extraction_schema_version: text, schema_version: text })
  .transform((wire): ExdataExtractionRun => ({
    id: wire.id,
    status: wire.status ?? undefined,
    schemaVersion: wire.extraction_schema_version ?? wire.schema_version ?? undefined,
  }))
  .nullish()
  .catch(undefined);

const document = z.looseObject({
  id,
  status: z.string().min(1),
  mode: text,
  processing_stage: text,
  processing_error: anyAsText,
  blocked_reason: anyAsText,
  filename: text,
  file_format: text,
  file_size: z.number().nullish().catch(undefined),
  locale: text,
  requester: text,
  custom_types: z.array(z.string()).nullish().catch(undefined),
  ai_processing: flag,
  is_e_invoice: flag,
  created_at: text,
  updated_at: text,
  latest_extraction_run: run,
});

/** @throws {z.ZodError} when it has no id or status */
export function parseDocument(json: unknown): ExdataDocumentData {
  const wire = document.parse(json);
  return {
    id: wire.id,
    status: wire.status,
    mode: wire.mode ?? undefined,
    processingStage: wire.processing_stage,
    processingError: wire.processing_error,
    blockedReason: wire.blocked_reason,
    filename: wire.filename,
    fileFormat: wire.file_format,
    fileSize: wire.file_size,
    locale: wire.locale,
    requester: wire.requester,
    customTypes: wire.custom_types,
    aiProcessing: wire.ai_processing,
    isEInvoice: wire.is_e_invoice,
    createdAt: wire.created_at,
    updatedAt: wire.updated_at,
    latestExtractionRun: wire.latest_extraction_run,
    raw: json as Record<string, unknown>,
  };
}

const json: z.ZodType<JsonValue> = z.json();
/** A map without entries comes as `[]` from PHP. */
export const emptyListAsMap = (value: unknown): unknown => (Array.isArray(value) && value.length === 0 ? {} : value);
const fields = z.preprocess(
  emptyListAsMap,
  z.record(
    z.string(),
    z.object({ value: json.nullish(), candidates: z.array(json).nullish().catch(null) }).catch({ value: null, candidates: null }),
  ),
);

/** @throws {z.ZodError} when it is no map */
export function parseExtraction(wire: unknown): ExdataExtraction {
  const entries = Object.entries(fields.parse(wire));
  return { fields: Object.fromEntries(entries.map(([name, { value = null, candidates = null }]) => [name, { value, candidates }])) };
}

const absent: ExdataField = { value: null, candidates: null };

/** A field by exdata's name; one that is absent is like one without a value. */
export function fieldOf(extraction: ExdataExtraction, name: string): ExdataField {
  return Object.hasOwn(extraction.fields, name) ? (extraction.fields[name] ?? absent) : absent;
}
