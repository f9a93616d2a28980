import type { Mode } from '../accounts/accounts.js';
import type { ExtractionFields } from '../fields.js';
import type { FileFacts } from '../journal/entries.js';
import type { Readings } from '../readings.js';

/** A status the contract knows. */
export type DocumentStatus = 'pending' | 'completed' | 'error' | 'blocked';

/** One reading of a document; a re-run makes a new one. */
export interface ExtractionRun {
  readonly id: number;
  readonly status: DocumentStatus;
  readonly blockedReason: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** A document as the simulator keeps it. Never changed, only replaced. */
export interface SandboxDocument {
  readonly id: number;
  readonly account: string;
  readonly mode: Mode;
  readonly status: DocumentStatus;
  readonly stage: string | null;
  readonly error: unknown;
  readonly blockedReason: string | null;
  readonly file: FileFacts;
  readonly locale: string | null;
  readonly requester: string | null;
  readonly customTypes: readonly string[];
  /** Under which it was uploaded; null when none was sent. */
  readonly idempotencyKey: string | null;
  readonly isEInvoice: boolean | null;
  readonly run: ExtractionRun | null;
  /** What was extracted; null before completion. */
  readonly fields: ExtractionFields | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly patch: Patch;
}

/** Keys that are laid over a document's JSON, to play what the contract does not know yet. */
export type Patch = Readonly<Record<string, unknown>>;

/** A timestamp as exdata writes it: UTC with microseconds. */
function formatTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** The id as the reading writes it. */
export function writeId(id: number, readings: Readings): number | string {
  return readings.documentId === 'string' ? String(id) : id;
}

/** The Document object of the contract, section 6. @param keys which of its keys; the reading's by default */
export function presentDocument(
  document: SandboxDocument,
  readings: Readings,
  keys: Readings['listKeys'] = readings.documentKeys,
): Record<string, unknown> {
  const all = everyKey(document, readings);
  const least = keys === 'least' || readings.documentKeys === 'least';
  const isShown = (key: string): boolean =>
    least ? key === 'id' || key === 'status' : keys === 'all' || key !== 'requester';
  return { ...Object.fromEntries(Object.entries(all).filter(([key]) => isShown(key))), ...document.patch };
}

function everyKey(document: SandboxDocument, readings: Readings): Record<string, unknown> {
  const { file, run } = document;
  return {
    id: writeId(document.id, readings),
    mode: document.mode,
    status: document.status,
    processing_stage: document.stage,
    processing_error: document.error,
    blocked_reason: document.blockedReason,
    filename: file.filename,
    file_format: extensionOf(file.filename),
    file_size: file.size,
    locale: document.locale,
    requester: document.requester,
    custom_types: document.customTypes,
    ai_processing: true,
    is_e_invoice: document.isEInvoice,
    latest_extraction_run: run && {
      id: run.id,
      mode: document.mode,
      source: 'api',
      status: run.status,
      blocked_reason: run.blockedReason,
      extraction_schema_version: '2026-05-17',
      extractor_version: 'document:2026-05-17',
      normalization_version: 'base:2026-05-10',
      created_at: formatTimestamp(run.createdAt),
    },
    created_at: formatTimestamp(document.createdAt),
    updated_at: formatTimestamp(document.updatedAt),
  };
}

/** The extension of a file name in lower case, without the dot; empty when there is none. */
export function extensionOf(filename: string): string {
  return /\.([^.]+)$/.exec(filename)?.[1]?.toLowerCase() ?? '';
}
