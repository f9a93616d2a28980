import type { Patch } from './document.js';
import type { ExtractionField, ExtractionFields } from '../fields.js';

/**
 * How processing is to end. Fields are laid over those that were read; a plain value is given itself as its candidate,
 * and `null` means that the field was not found.
 */
export type Outcome = (
  | { readonly status: 'completed'; readonly fields?: Readonly<Record<string, unknown>> | undefined }
  | { readonly status: 'error'; readonly error?: unknown }
  | { readonly status: 'blocked'; readonly reason?: string | undefined }
) & {
  /**
   * Laid over the document's JSON from then on: `{ status: 'archived' }` plays a status that the contract does not
   * know.
   */
  readonly patch?: Patch | undefined;
};

/** Lays scripted fields over those that were read. */
export function overlay(fields: ExtractionFields, scripted: Readonly<Record<string, unknown>> = {}): ExtractionFields {
  const entries = Object.entries(scripted).map(
    ([name, value]) => [name, isField(value) ? value : plain(value)] as const,
  );
  return { ...fields, ...Object.fromEntries(entries) };
}

function isField(value: unknown): value is ExtractionField {
  return typeof value === 'object' && value !== null && 'value' in value && 'candidates' in value;
}

function plain(value: unknown): ExtractionField {
  return { value: value ?? null, candidates: value === null || value === undefined ? null : [value] };
}
