import { z } from 'zod';
import { check, sourceShape } from '../documents/index.js';
import type { ExdataSource } from '../documents/index.js';
import type { ExdataUploadProgress } from './events.js';
import type { GenerationChanges } from './generation.js';
import type { ExdataUploadFile } from './upload-file.js';

/** What is submitted. */
export interface ExdataSubmit {
  /** What it belongs to in the host: the same source is sent once. */
  readonly source: ExdataSource;
  /** Its bytes, or where they are. */
  readonly file: ExdataUploadFile;
  /** Default: the file's own name, else `document` with the ending of its type. */
  readonly filename?: string;
  /** Such as `en` or `de`. */
  readonly locale?: string;
  readonly customTypes?: readonly string[];
  /** Extra context for exdata, at most 10,000 characters. */
  readonly text?: string;
  /** Ends the reading of the file; then nothing was stored. Once `submit` has answered it has no effect. */
  readonly signal?: AbortSignal;
  /**
   * Called as the bytes leave, a few times a second, if and while this process is the one that sends them. The event
   * `upload.progress` tells the same.
   */
  readonly onProgress?: (progress: ExdataUploadProgress) => void;
}

/**
 * Why and what is sent anew. What is left out stays as it was, null takes a field away: so that what exdata refused
 * (422) can be set right.
 */
export interface ExdataResubmit extends Partial<Pick<ExdataSubmit, 'file' | 'filename' | 'signal'>> {
  /** In words that may stand in the history: nothing personal. */
  readonly reason: string;
  readonly locale?: string | null;
  readonly customTypes?: readonly string[] | null;
  readonly text?: string | null;
}

const printable = /^[^\p{Cc}]+$/u;
const shape = z.object({
  source: sourceShape,
  filename: z.string().min(1).max(1024).optional(),
  locale: z
    .string()
    .regex(/^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$/, "is not a locale such as 'en' or 'de'")
    .max(35)
    .optional(),
  customTypes: z.array(z.string().trim().min(1).max(100).regex(printable)).max(50).optional(),
  text: z
    .string()
    .max(10_000)
    // PostgreSQL keeps none in text.
    .refine((text) => !text.includes('\0'), 'must not contain NUL')
    .optional(),
});

/** @throws {ExdataInputError} that names the first field at fault and its limit */
export function checkInput(input: ExdataSubmit): void {
  check(shape, input);
}

/** The ledger's columns of what is given; null takes a field away. */
export function fieldsOf({
  locale,
  customTypes,
  text,
}: Pick<ExdataResubmit, 'locale' | 'customTypes' | 'text'>): GenerationChanges {
  return {
    ...(locale !== undefined && { locale }),
    ...(customTypes !== undefined && { customTypes: customTypes?.map((type) => type.trim()) ?? null }),
    ...(text !== undefined && { text }),
  };
}
