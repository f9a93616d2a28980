import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { newWork } from '../dispatch/index.js';
import { ExdataLink, keyOf } from '../documents/index.js';
import type { AccountKey } from '../documents/index.js';

/** What makes an upload one upload. */
interface Identity extends AccountKey {
  readonly sourceType: string;
  readonly sourceId: string;
  readonly sha256: string;
  readonly generation: number;
}

/** What nobody can know yet of a row that is new, so that it stands here as it stands in the ledger. */
export const nothingKnown = {
  ...{ locale: null, customTypes: null, text: null, reason: null },
  ...{
    exdataId: null,
    exdataMode: null,
    exdataStatus: null,
    runId: null,
    isEInvoice: null,
    observed: null,
    requestId: null,
  },
  ...{ processingStage: null, processingError: null, blockedReason: null, flag: null, holdId: null, problem: null },
  ...{ firstSentAt: null, pendingSince: null, endedAt: null, erasedAt: null },
} satisfies Partial<ExdataLink>;

/**
 * exdata keeps keys, so this one tells nothing: a digest over what makes the upload one upload (exdata docs:
 * Idempotency).
 */
export function idempotencyKey({ mode, account, sourceType, sourceId, sha256, generation }: Identity): string {
  const parts = JSON.stringify([mode, account, sourceType, sourceId, sha256, generation]);
  return `nxd_${createHash('sha256').update(parts).digest('hex')}`;
}

/** The correlation id follows from the key, since exdata takes no other payload under the same key. */
export function correlationIdOf(key: string): string {
  return key.slice(0, 36);
}

/** What the host says of a new generation; what it leaves open is as in the generation before. */
export type GenerationChanges = Partial<Content>;

type Content = Pick<
  ExdataLink,
  'sha256' | 'size' | 'filename' | 'contentType' | 'locale' | 'customTypes' | 'text' | 'spoolId' | 'reference'
>;

function contentOf({
  sha256,
  size,
  filename,
  contentType,
  locale,
  customTypes,
  text,
  spoolId,
  reference,
}: ExdataLink): Content {
  return { sha256, size, filename, contentType, locale, customTypes, text, spoolId, reference };
}

/**
 * Inserts the next generation of a document: the same source under a new key, due now. The row before stays as it
 * ended.
 */
export async function insertNextGeneration(
  manager: EntityManager,
  before: ExdataLink,
  next: { readonly id: string; readonly reason: string; readonly now: number; readonly changes?: GenerationChanges },
): Promise<ExdataLink> {
  const { id, reason, now, changes = {} } = next;
  const { sourceType, sourceId } = before;
  const key = keyOf(before);
  const content = { ...contentOf(before), ...changes };
  const generation = before.generation + 1;
  const idempotency = idempotencyKey({ ...key, sourceType, sourceId, sha256: content.sha256, generation });
  const document = manager.create(ExdataLink, {
    ...content,
    id,
    ...key,
    sourceType,
    sourceId,
    generation,
    state: 'queued',
    idempotencyKey: idempotency,
    correlationId: correlationIdOf(idempotency),
    reason,
    createdAt: now,
    updatedAt: now,
    work: newWork(now),
  });
  await manager.insert(ExdataLink, document as never);
  return manager.findOneByOrFail(ExdataLink, { id });
}
