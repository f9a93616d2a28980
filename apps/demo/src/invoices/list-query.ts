import { exdataDocumentStates } from 'nestjs-exdata';
import { z } from 'zod';
import { ApiError } from '../http/api-error.js';

/** The query of `GET /invoices`. */
const listQuery = z.object({
  state: z.enum(exdataDocumentStates).optional(),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export type ListQuery = z.infer<typeof listQuery>;

/** @throws {ApiError} 400 naming the parameter that cannot be used */
export function parseListQuery(query: unknown): ListQuery {
  const { success, data, error } = listQuery.safeParse(query);
  if (success) return data;
  const [issue] = error.issues;
  const field = String(issue?.path[0] ?? 'query');
  throw new ApiError(400, { code: 'invalid_query', field, message: `${field}: ${issue?.message ?? 'cannot be used'}` });
}
