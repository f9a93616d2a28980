import { presentDocument, writeId, type SandboxDocument } from '../documents/document.js';
import type { Readings } from '../readings.js';

/**
 * The body of a webhook. Its shape is not documented, so each reading is one way to name the document (exdata docs:
 * Webhooks).
 */
export function webhookBody(event: string, document: SandboxDocument, readings: Readings): string {
  return JSON.stringify({ event, ...shape(document, readings) });
}

function shape(document: SandboxDocument, readings: Readings): Record<string, unknown> {
  const whole = presentDocument(document, readings);
  switch (readings.webhookBody) {
    case 'data.id':
      return { data: whole };
    case 'data.document.id':
      return { data: { document: whole } };
    case 'document.id':
      return { document: whole };
    case 'document_id':
      return { document_id: writeId(document.id, readings), mode: whole.mode, status: whole.status };
  }
}
