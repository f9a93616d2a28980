import { exdataDeadLetterReasons, exdataDeliveryOutcomes } from 'nestjs-exdata';
import { z } from 'zod';
import { ApiError } from '../http/api-error.js';

const reason = z.enum(exdataDeadLetterReasons).optional();

const deliveriesQuery = z.object({
  outcome: z.enum(exdataDeliveryOutcomes).optional(),
  reason,
  documentId: z.string().min(1).max(64).optional(),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const discardBody = z.strictObject({ why: z.string().trim().min(1).max(500) });
const redriveBody = z.strictObject({ reason, dryRun: z.boolean().default(false) });

export type DeliveriesQuery = z.infer<typeof deliveriesQuery>;
export type RedriveBody = z.infer<typeof redriveBody>;

/** @throws {ApiError} 400 naming the parameter that cannot be used */
export const parseDeliveriesQuery = (query: unknown): DeliveriesQuery =>
  parse(deliveriesQuery, query, 400, 'invalid_query');
/** @throws {ApiError} 422 naming the field that cannot be used */
export const parseDiscard = (body: unknown): z.infer<typeof discardBody> =>
  parse(discardBody, body ?? {}, 422, 'invalid_body');
/** @throws {ApiError} 422 naming the field that cannot be used */
export const parseRedrive = (body: unknown): RedriveBody => parse(redriveBody, body ?? {}, 422, 'invalid_body');

function parse<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  status: number,
  code: string,
): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = String(issue?.path[0] ?? 'body');
  throw new ApiError(status, { code, field, message: `${field}: ${issue?.message ?? 'cannot be used'}` });
}
