import { z } from 'zod';
import { operations } from '../http/routes.js';

/* Bodies of the routes under `/_sandbox/`. Unknown keys are refused, since they would be typing mistakes. */

const texts = z.record(z.string(), z.string());
const values = z.record(z.string(), z.unknown());
const ms = z.number().nonnegative();
const bytes = z.int().nonnegative();
const speed = z.number().positive();

/** JSON has no `Infinity`. */
const always = z.literal('always').transform(() => Infinity);
const which = { skip: z.int().nonnegative().optional(), times: z.union([z.int().positive(), always]).optional() };

const outcomeSchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('completed'), fields: values.optional(), patch: values.optional() }),
  z.strictObject({ status: z.literal('error'), error: z.unknown().optional(), patch: values.optional() }),
  z.strictObject({ status: z.literal('blocked'), reason: z.string().optional(), patch: values.optional() }),
]);

export const nothingSchema = z.strictObject({});

export const finishSchema = z.strictObject({ outcome: outcomeSchema.optional(), patch: values.optional() });

/** Facts of an upload that an outcome or a patch may be meant for. */
const uploadMatch = z
  .strictObject({
    account: z.string(),
    filename: z.string(),
    sha256: z.string(),
    requester: z.string(),
    idempotencyKey: z.string(),
  })
  .partial()
  .optional();

export const scriptedOutcomeSchema = z.strictObject({ match: uploadMatch, ...which, outcome: outcomeSchema });

export const scriptedPatchSchema = z.strictObject({ match: uploadMatch, ...which, patch: values });

export const patchSchema = z.strictObject({ patch: values });

const alteredAnswerSchema = z.strictObject({
  status: z.int().min(200).max(599).optional(),
  headers: z.record(z.string(), z.string().nullable()).optional(),
  data: values.optional(),
  truncateTo: bytes.optional(),
  padTo: bytes.optional(),
  bytesPerSecond: speed.optional(),
  chunkBytes: z.int().positive().optional(),
});

export const requestFaultSchema = z.strictObject({
  match: z
    .strictObject({
      method: z.string(),
      path: z.string(),
      operation: z.enum(operations),
      idempotencyKey: z.string(),
      account: z.string(),
    })
    .partial()
    .optional(),
  ...which,
  fault: z.strictObject({
    accept: z.boolean().optional(),
    takeBytesPerSecond: speed.optional(),
    delayMs: z.union([ms, z.literal('forever')]).optional(),
    respond: z
      .strictObject({
        status: z.int().min(200).max(599),
        headers: texts.optional(),
        body: z.union([z.string(), values]).optional(),
      })
      .optional(),
    alter: alteredAnswerSchema.optional(),
    cut: z.enum(['request', 'answer', 'answer-body']).optional(),
    afterBytes: bytes.optional(),
  }),
});

export const deliveryOverrideSchema = z.strictObject({
  id: z.string().optional(),
  timestamp: z.int().optional(),
  timestampShift: z.int().optional(),
  event: z.string().optional(),
  body: z.string().optional(),
  secret: z.string().optional(),
  signature: z.string().nullable().optional(),
  headers: texts.optional(),
  truncateTo: bytes.optional(),
  reserialise: z.boolean().optional(),
  append: z.string().optional(),
  flipBit: bytes.optional(),
  cutAfter: bytes.optional(),
  copies: z.int().positive().max(10_000).optional(),
});

export const messageSchema = z.strictObject({
  event: z.string(),
  body: z.union([z.string(), values]),
  account: z.string().optional(),
  override: deliveryOverrideSchema.optional(),
});

export const deliveryFaultSchema = z.strictObject({
  match: z
    .strictObject({ event: z.string(), documentId: z.int(), endpointId: z.string(), attempt: z.int() })
    .partial()
    .optional(),
  ...which,
  fault: deliveryOverrideSchema.extend({
    drop: z.boolean().optional(),
    delayMs: ms.optional(),
    afterNext: z.boolean().optional(),
  }),
});

export const endpointSchema = z.strictObject({
  url: z.url(),
  secret: z.string().optional(),
  events: z.array(z.string()).optional(),
  account: z.string().optional(),
});

export const rotateSchema = z.strictObject({ secret: z.string().optional() });

const abilities = z.array(z.enum(['documents:read', 'documents:write']));
const token = z.string().regex(/^\S+$/, 'a token has no blanks');

export const tokenSchema = z.strictObject({ token, mode: z.enum(['test', 'live']), abilities: abilities.optional() });

export const abilitiesSchema = z.strictObject({ token, abilities });

export const revokeSchema = z.strictObject({ token });

export const accountSchema = z.strictObject({
  id: z.string().min(1),
  tokens: z.array(tokenSchema),
  credits: z.int().nonnegative().optional(),
  dailyTestUploads: z.int().nonnegative().optional(),
});

export const topUpSchema = z.strictObject({ credits: z.int().positive() });

export const advanceSchema = z.strictObject({ ms });

export const waitSchema = z.strictObject({
  match: z
    .strictObject({
      kind: z.enum(['request', 'delivery']),
      method: z.string(),
      path: z.string(),
      operation: z.enum(operations),
      idempotencyKey: z.string(),
      account: z.string(),
      outcome: z.string(),
      status: z.int(),
      documentId: z.int(),
      replayed: z.boolean(),
      faulty: z.boolean(),
      event: z.string(),
      endpointId: z.string(),
      attempt: z.int(),
    })
    .partial(),
  /** Entries up to this `seq` do not count. */
  after: z.int().nonnegative().default(0),
  timeoutMs: z.number().positive().max(300_000).default(10_000),
});
