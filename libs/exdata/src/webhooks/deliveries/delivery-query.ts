import type { FindOptionsWhere } from 'typeorm';
import { And, Equal, LessThan, MoreThanOrEqual } from 'typeorm';
import { z } from 'zod';
import { exdataModes } from '../../dispatch/index.js';
import type { ExdataMode } from '../../dispatch/index.js';
import { decodeCursor, ExdataInputError } from '../../documents/index.js';
import { exdataDeadLetterReasons } from '../../handlers/index.js';
import type { ExdataDeadLetterReason } from '../../handlers/index.js';
import { exdataDeliveryOutcomes } from '../delivery.entity.js';
import type { ExdataDeliveryOutcome, ExdataDelivery } from '../delivery.entity.js';

/** Which deliveries to list; all of this process's mode without it. */
export interface ExdataDeliveryQuery {
  /** Default: that of this process. Deliveries of the other mode can be looked at here, and no more. */
  readonly mode?: ExdataMode;
  /** Default: all accounts. */
  readonly account?: string;
  /** What became of them; `open` while they are worked on. */
  readonly outcome?: ExdataDeliveryOutcome;
  /** Why it is dead. */
  readonly reason?: ExdataDeadLetterReason;
  /** X-Event; at most 128 characters. */
  readonly event?: string;
  /** exdata's id of the document; at most 64 characters. */
  readonly documentId?: string;
  /** X-Delivery; at most 255 characters. */
  readonly deliveryId?: string;
  /** Received at this time or later (epoch ms). */
  readonly since?: number;
  /** Received before this time (epoch ms). */
  readonly until?: number;
  /** The `next` of the page before. */
  readonly after?: string;
  /** 1 to 200; default 50. */
  readonly limit?: number;
}

export interface ExdataRedriveQuery {
  /** Default: all accounts. */
  readonly account?: string;
  /** Default: all reasons. */
  readonly reason?: ExdataDeadLetterReason;
  /** Given up at this time or later (epoch ms). */
  readonly since?: number;
  /** Whether to tell only what would be put to work again; default false. */
  readonly dryRun?: boolean;
  /** How many of each kind at most, the longest dead first: 1 to 10,000; default 1,000. */
  readonly limit?: number;
}

const time = z
  .number('must be a time in epoch ms')
  .int('must be a time in epoch ms')
  .nonnegative('must be a time in epoch ms');
const text = (longest: number) =>
  z
    .string()
    .min(1, 'is empty')
    .max(longest, `has more than ${String(longest)} characters`);
const reason = z.enum(exdataDeadLetterReasons, `must be one of ${exdataDeadLetterReasons.join(', ')}`);
const count = (most: number, fallback: number) => {
  const range = `must be a whole number from 1 to ${String(most)}`;
  return z.number(range).int(range).min(1, range).max(most, range).default(fallback);
};

const deliveryQuery = z.object({
  mode: z.enum(exdataModes, `must be one of ${exdataModes.join(', ')}`).optional(),
  account: text(64).optional(),
  outcome: z.enum(exdataDeliveryOutcomes, `must be one of ${exdataDeliveryOutcomes.join(', ')}`).optional(),
  reason: reason.optional(),
  event: text(128).optional(),
  documentId: text(64).optional(),
  deliveryId: text(255).optional(),
  since: time.optional(),
  until: time.optional(),
  after: text(100).optional(),
  limit: count(200, 50),
});

const redriveQuery = z.object({
  account: text(64).optional(),
  reason: reason.optional(),
  since: time.optional(),
  dryRun: z.boolean().default(false),
  limit: count(10_000, 1_000),
});

const why = text(500);

/** @throws {ExdataInputError} which names the field and its limit */
export const checkDeliveryQuery = (query: ExdataDeliveryQuery): z.output<typeof deliveryQuery> =>
  check(deliveryQuery, query);
/** @throws {ExdataInputError} which names the field and its limit */
export const checkRedriveQuery = (query: ExdataRedriveQuery): z.output<typeof redriveQuery> =>
  check(redriveQuery, query);
/** @throws {ExdataInputError} which names the field and its limit */
export const checkWhy = (given: string): string => check(why, given, 'why');

function check<Schema extends z.ZodType>(schema: Schema, given: unknown, name = 'query'): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const [field] = issue?.path ?? [];
  throw new ExdataInputError(field === undefined ? name : String(field), issue?.message ?? 'cannot be used');
}

/** The deliveries that the query means, those after its cursor. */
export function whereOf(query: z.output<typeof deliveryQuery>, mode: ExdataMode): FindOptionsWhere<ExdataDelivery>[] {
  const {
    account,
    outcome,
    reason: why,
    event,
    documentId,
    deliveryId,
    since = 0,
    until = Number.MAX_SAFE_INTEGER,
    after,
  } = query;
  const base = {
    mode,
    ...(account !== undefined && { account }),
    ...(outcome !== undefined && { outcome }),
    ...(why !== undefined && { reason: why }),
    ...(event !== undefined && { event }),
    ...(documentId !== undefined && { exdataId: documentId }),
    ...(deliveryId !== undefined && { deliveryId }),
  };
  if (after === undefined) return [{ ...base, receivedAt: And(MoreThanOrEqual(since), LessThan(until)) }];
  const { createdAt, id } = decodeCursor(after);
  return [
    { ...base, receivedAt: And(MoreThanOrEqual(since), LessThan(Math.min(until, createdAt))) },
    { ...base, receivedAt: And(MoreThanOrEqual(since), LessThan(until), Equal(createdAt)), id: LessThan(id) },
  ];
}
