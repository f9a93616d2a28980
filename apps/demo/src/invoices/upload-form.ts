import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ApiError } from '../http/api-error.js';
import { sourceIdPattern } from '../http/source-id.pipe.js';

/** The text fields of `POST /invoices`. */
const uploadForm = z.object({
  sourceId: z
    .string()
    .regex(sourceIdPattern, "must be 1 to 200 printable characters, and neither '.' nor '..'")
    .default(() => randomUUID()),
  locale: z
    .string()
    .regex(/^[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,3}$/, 'must be a language tag such as de or en-GB')
    .optional(),
});

export type UploadForm = z.infer<typeof uploadForm>;

/** @throws {ApiError} 422 naming the field that cannot be used */
export function parseUploadForm(body: unknown): UploadForm {
  const { success, data, error } = uploadForm.safeParse(body ?? {});
  if (success) return data;
  const [issue] = error.issues;
  const field = String(issue?.path[0] ?? 'form');
  throw new ApiError(422, { code: 'invalid_field', field, message: `${field} ${issue?.message ?? 'cannot be used'}` });
}
