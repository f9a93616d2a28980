import { z } from 'zod';

const limit = z.union([z.number().nonnegative(), z.literal('none').transform(() => Infinity)]);
const ability = z.enum(['documents:read', 'documents:write']);
const origin = z.url().nullable();

/** Every reading of {@link Readings}, in words of JSON. */
const readingsSchema = z
  .strictObject({
    wrongAccount: z.union([z.literal(403), z.literal(404)]),
    crossMode: z.enum(['hidden', 'visible']),
    pingAbility: z.union([z.literal('any'), ability]),
    deleteAbility: ability,
    requestIdEcho: z.enum(['always', 'errors']),
    oversize: z.union([z.literal(413), z.literal(422)]),
    insufficientCredits: z.enum(['envelope', 'data', 'merged', 'created']),
    retryAfter: z.enum(['seconds', 'date', 'body', 'both', 'none']),
    idempotencyScope: z.enum(['account', 'token']),
    idempotencyLifetimeMs: limit,
    conflictCodes: z.enum(['distinct', 'same']),
    replayStatus: z.union([z.literal(200), z.literal(201)]),
    missingIdempotencyKey: z.enum(['accept', 'reject']),
    emptyMap: z.enum(['object', 'array']),
    extractionsBeforeCompletion: z.enum(['empty', 'not_found']),
    documentId: z.enum(['number', 'string']),
    documentKeys: z.enum(['all', 'least']),
    listKeys: z.enum(['all', 'without-requester', 'least']),
    listOrder: z.enum(['newest-first', 'oldest-first']),
    paging: z.enum(['none', 'links', 'meta', 'links-and-meta', 'cursor']),
    pageSize: z.int().positive(),
    linkOrigin: origin,
    previews: z.int().positive().max(9),
    previewList: z.enum(['objects', 'urls', 'ids']),
    previewId: z.enum(['number', 'string']),
    pictures: z.enum(['direct', 'redirect']),
    pictureOrigin: origin,
    picturesBeforeCompletion: z.enum(['ready', 'not_found']),
    webhookBody: z.enum(['data.id', 'data.document.id', 'document.id', 'document_id']),
    webhookRetry: z.enum(['same-id-same-timestamp', 'same-id-new-timestamp', 'new-id']),
    events: z.strictObject({ completed: z.string(), error: z.string(), blocked: z.string() }),
    pendingEvent: z.string().nullable(),
  })
  .partial();

/** The body of `POST config`; `none` is no limit. */
export const configSchema = z.strictObject({
  processingMs: z.union([z.number().nonnegative(), z.literal('manual')]).optional(),
  credits: z.record(z.string(), z.number()).optional(),
  dailyTestUploads: z.record(z.string(), limit).optional(),
  rates: z.strictObject({ token: limit, account: limit, failedAuthentication: limit }).partial().optional(),
  readings: readingsSchema.optional(),
});

export type Config = z.infer<typeof configSchema>;
