import { In } from 'typeorm';
import type { Write } from '../dispatch/index.js';
import type { AlertEntry } from '../documents/index.js';
import { ExdataLink } from '../documents/index.js';
import type { LifeIds } from '../telemetry/index.js';

/** The states in which a row is the upload's to work on. */
export const beforeExdata = In(['queued', 'uploading', 'unconfirmed'] as const);

export function idsOf({ account, sourceType, sourceId, exdataId }: ExdataLink): LifeIds {
  return { account, sourceType, sourceId, documentId: exdataId };
}

/**
 * @throws {Error} when the row moved on since it was claimed: a webhook may have shown that exdata has the document
 * already
 */
export async function moveRow(write: Write, row: ExdataLink, columns: Partial<ExdataLink>): Promise<void> {
  const mine = { id: row.id, state: beforeExdata, work: { fence: row.work.fence } };
  const moved = await write.updateRows(ExdataLink, mine, { ...(columns as object), updatedAt: write.now });
  if (moved !== 1) throw new Error('the row moved on since it was claimed');
}

/** What a person is told of an upload that ended without exdata's document. */
export function alertOf(row: ExdataLink, code: string, message: string, requestId: string | null): AlertEntry {
  const kind = code === 'poison' ? 'poison' : 'document_failed';
  return {
    kind,
    many: true,
    account: row.account,
    cause: `${row.id}:${code}`,
    code,
    message,
    requestId,
    document: row,
  };
}
