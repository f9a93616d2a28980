import { z } from 'zod';

const texts = z.record(z.string(), z.string());
const values = z.record(z.string(), z.unknown());
const times = z.union([z.int().positive(), z.literal('always').transform(() => Infinity)]).optional();

const outcomeSchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('completed'), fields: values.optional() }),
  z.strictObject({ status: z.literal('error'), error: z.unknown().optional() }),
  z.strictObject({ status: z.literal('blocked'), reason: z.string().optional() }),
]);

/* Bodies of the routes under `/_sandbox/`. Unknown keys are refused, since they would be typing mistakes. */

export const finishSchema = z.strictObject({ outcome: outcomeSchema.optional(), patch: values.optional() });

export const scriptedOutcomeSchema = z.strictObject({ outcome: outcomeSchema, times });

export const requestFaultSchema = z.strictObject({
  match: z.strictObject({ method: z.string().optional(), path: z.string().optional(), idempotencyKey: z.string().optional() }).optional(),
  times,
  fault: z.strictObject({
    accept: z.boolean().optional(),
    delayMs: z.number().nonnegative().optional(),
    respond: z
      .strictObject({
        status: z.int().min(200).max(599),
        headers: texts.optional(),
        body: z.union([z.string(), values]).optional(),
      })
      .optional(),
    cut: z.enum(['request', 'answer']).optional(),
    afterBytes: z.int().nonnegative().optional(),
  }),
});

export const deliveryOverrideSchema = z.strictObject({
  id: z.string().optional(),
  timestamp: z.int().optional(),
  event: z.string().optional(),
  body: z.string().optional(),
  secret: z.string().optional(),
  signature: z.string().nullable().optional(),
  headers: texts.optional(),
  truncateTo: z.int().nonnegative().optional(),
  reserialise: z.boolean().optional(),
});

export const deliveryFaultSchema = z.strictObject({
  match: z
    .strictObject({
      event: z.string().optional(),
      documentId: z.int().optional(),
      endpointId: z.string().optional(),
      attempt: z.int().optional(),
    })
    .optional(),
  times,
  fault: deliveryOverrideSchema.extend({
    drop: z.boolean().optional(),
    copies: z.int().positive().max(10_000).optional(),
    delayMs: z.number().nonnegative().optional(),
    afterNext: z.boolean().optional(),
  }),
});

export const configSchema = z.strictObject({
  processingMs: z.union([z.number().nonnegative(), z.literal('manual')]).optional(),
  credits: z.record(z.string(), z.number()).optional(),
  dailyTestUploads: z.record(z.string(), z.number()).optional(),
  readings: z
    .strictObject({
      wrongAccount: z.union([z.literal(403), z.literal(404)]),
      crossMode: z.enum(['hidden', 'visible']),
      oversize: z.union([z.literal(413), z.literal(422)]),
      insufficientCredits: z.enum(['envelope', 'data', 'merged']),
      idempotencyScope: z.enum(['account', 'token']),
      replayStatus: z.union([z.literal(200), z.literal(201)]),
      missingIdempotencyKey: z.enum(['accept', 'reject']),
      emptyMap: z.enum(['object', 'array']),
      extractionsBeforeCompletion: z.enum(['empty', 'not_found']),
      documentId: z.enum(['number', 'string']),
      webhookBody: z.enum(['data.id', 'data.document.id', 'document.id', 'document_id']),
      webhookRetry: z.enum(['same-id-same-timestamp', 'same-id-new-timestamp', 'new-id']),
      events: z.strictObject({ completed: z.string(), error: z.string(), blocked: z.string() }),
    })
    .partial()
    .optional(),
});

export const endpointSchema = z.strictObject({
  url: z.url(),
  secret: z.string().optional(),
  events: z.array(z.string()).optional(),
  account: z.string().optional(),
});

export const rotateSchema = z.strictObject({ secret: z.string().optional() });

export const nothingSchema = z.strictObject({});
