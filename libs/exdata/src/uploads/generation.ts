import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { newWork } from '../dispatch/index.js';
import { ExdataDocument } from '../documents/index.js';

/** What makes an upload one upload. */
interface Identity {
  readonly account: string;
  readonly sourceType: string;
  readonly sourceId: string;
  readonly sha256: string;
  readonly generation: number;
}

/** exdata keeps keys, so this one tells nothing: a digest over what makes the upload one upload (exdata docs: Idempotency). */
export function idempotencyKey({ account, sourceType, sourceId, sha256, generation }: Identity): string {
  const parts = JSON.stringify([account, sourceType, sourceId, sha256, generation]);
  return `nxd_${createHash('sha256').update(parts).digest('hex')}`;
}

/** The correlation id follows from the key, since exdata takes no other payload under the same key. */
export function correlationIdOf(key: string): string {
  return key.slice(0, 36);
}

/** What the host says of a new generation; what it leaves open is as in the generation before. */
export type GenerationChanges = Partial<Content>;

type Content = Pick<
  ExdataDocument,
  'sha256' | 'size' | 'filename' | 'contentType' | 'locale' | 'customTypes' | 'text' | 'spoolId' | 'reference'
>;

function contentOf({ sha256, size, filename, contentType, locale, customTypes, text, spoolId, reference }: ExdataDocument): Content {
  return { sha256, size, filename, contentType, locale, customTypes, text, spoolId, reference };
}

/** Inserts the next generation of a document: the same source under a new key, due now. The row before stays as it ended. */
export async function insertNextGeneration(
  manager: EntityManager,
  before: ExdataDocument,
  next: { readonly id: string; readonly reason: string; readonly now: number; readonly changes?: GenerationChanges },
): Promise<ExdataDocument> {
  const { id, reason, now, changes = {} } = next;
  const { account, sourceType, sourceId } = before;
  const content = { ...contentOf(before), ...changes };
  const generation = before.generation + 1;
  const key = idempotencyKey({ account, sourceType, sourceId, sha256: content.sha256, generation });
  const document = manager.create(ExdataDocument, {
    ...content,
    id,
    account,
    sourceType,
    sourceId,
    generation,
    state: 'queued',
    idempotencyKey: key,
    correlationId: correlationIdOf(key),
    reason,
    createdAt: now,
    updatedAt: now,
    work: newWork(now),
  });
  await manager.insert(ExdataDocument, document as never);
  return manager.findOneByOrFail(ExdataDocument, { id });
}
