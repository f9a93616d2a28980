import { z } from 'zod';
import { emptyListAsMap, isJsonObject } from './json.js';
import type { JsonObject, ExdataJson } from './json.js';
import { deepestAnswer, withinDepth } from './nesting.js';
import { wireId, wireText, wireWords, wordsOf } from './wire-text.js';

/** One attempt of exdata's to read a document. */
export interface ExdataExtractionRun {
  /** A number on the wire; kept as text. */
  readonly id: string;
  readonly mode?: string | undefined;
  readonly source?: string | undefined;
  readonly status?: string | undefined;
  /** Another shape than text is kept as its JSON. */
  readonly blockedReason?: string | null | undefined;
  readonly schemaVersion?: string | undefined;
  readonly extractorVersion?: string | undefined;
  readonly normalizationVersion?: string | undefined;
  readonly createdAt?: string | undefined;
}

/**
 * A document as exdata gives it (exdata docs: Document object). Only id and status are sure to be there; a key of an
 * unexpected type is left out here and kept in `raw`.
 */
export interface ExdataDocumentData {
  /** A number or text on the wire; kept as text. */
  readonly id: string;
  /** `pending`, `completed`, `error`, `blocked`, or one that this version does not know. */
  readonly status: string;
  /** `test` or `live`. */
  readonly mode?: string | undefined;
  /** At most 4,000 characters; another shape than text is kept as its JSON. So in the two below. */
  readonly processingStage?: string | null | undefined;
  readonly processingError?: string | null | undefined;
  readonly blockedReason?: string | null | undefined;
  readonly filename?: string | undefined;
  readonly fileFormat?: string | undefined;
  /** In bytes. */
  readonly fileSize?: number | undefined;
  readonly locale?: string | undefined;
  readonly requester?: string | undefined;
  readonly customTypes?: readonly string[] | undefined;
  readonly aiProcessing?: boolean | undefined;
  readonly isEInvoice?: boolean | undefined;
  /** UTC with microseconds, as exdata wrote it. */
  readonly createdAt?: string | undefined;
  readonly updatedAt?: string | undefined;
  /** Null where exdata says that there is none. */
  readonly latestExtractionRun?: ExdataExtractionRun | null | undefined;
  /** The object as exdata sent it, unknown keys included; without what is nested deeper than 64 levels. */
  readonly raw: Readonly<Record<string, unknown>>;
}

const absentUnless = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);
const text = absentUnless(wireWords(1_000));
const flag = absentUnless(z.boolean());
const reason = z
  .custom<ExdataJson>()
  .optional()
  .transform((value) => (value === undefined || value === null ? value : wordsOf(value, 4_000)));

const run = z
  .preprocess(
    emptyListAsMap,
    z.object({
      id: wireId,
      mode: text,
      source: text,
      status: text,
      blocked_reason: reason,
      extraction_schema_version: text,
      // exdata docs: Developers call it so.
      schema_version: text,
      extractor_version: text,
      normalization_version: text,
      created_at: text,
    }),
  )
  .transform((wire): ExdataExtractionRun => ({
    id: wire.id,
    mode: wire.mode,
    source: wire.source,
    status: wire.status,
    blockedReason: wire.blocked_reason,
    schemaVersion: wire.extraction_schema_version ?? wire.schema_version,
    extractorVersion: wire.extractor_version,
    normalizationVersion: wire.normalization_version,
    createdAt: wire.created_at,
  }));

const document = z.object({
  id: wireId,
  status: wireWords(255).pipe(z.string().min(1)),
  mode: text,
  processing_stage: reason,
  processing_error: reason,
  blocked_reason: reason,
  filename: text,
  file_format: text,
  file_size: absentUnless(z.number().nonnegative()),
  locale: text,
  requester: text,
  custom_types: absentUnless(z.array(wireText)),
  ai_processing: flag,
  is_e_invoice: flag,
  created_at: text,
  updated_at: text,
  latest_extraction_run: z.union([z.null(), run]).optional().catch(undefined),
});

const object = z.custom<JsonObject>(isJsonObject, 'is no object');

/**
 * Reads a document from parsed JSON.
 * @throws {z.ZodError} when it is no object, or has no id or no status
 */
export function parseDocument(json: unknown): ExdataDocumentData {
  const raw = object.parse(withinDepth(object.parse(json), deepestAnswer));
  const wire = document.parse(raw);
  return {
    id: wire.id,
    status: wire.status,
    mode: wire.mode,
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
    raw,
  };
}
