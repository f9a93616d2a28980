import { z } from 'zod';
import { parseDocument } from './document-data.js';
import type { ExdataDocumentData } from './document-data.js';
import { emptyListAsMap, isJsonObject } from './json.js';
import type { ExdataJson } from './json.js';
import { wireId, wireWords } from './wire-text.js';

/** What an error's body tells; each of it may be missing. */
export interface ErrorBody {
  readonly message?: string | undefined;
  readonly code?: string | undefined;
  readonly requestId?: string | undefined;
  readonly errors: Readonly<Record<string, string[]>>;
  readonly retryAfterSeconds?: number | undefined;
  readonly documentId?: string | undefined;
  readonly document?: ExdataDocumentData | undefined;
}

const seconds = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,10}$/)
      .transform(Number),
  ])
  .pipe(z.number().min(0).max(9_999_999_999));
const [mostFields, mostMessages, longestName] = [50, 10, 100];
const words = wireWords(500);
const messages = z.union([
  words.transform((text) => [text]),
  z.array(z.unknown()).transform((list) =>
    list
      .filter((item) => typeof item === 'string')
      .slice(0, mostMessages)
      .map((item) => words.parse(item)),
  ),
]);

/** As many fields as somebody can look at, under names that can be theirs. */
function fewFields(value: unknown): unknown {
  const map = emptyListAsMap(value);
  if (!isJsonObject(map)) return map;
  const entries = Object.entries(map).filter(([name]) => name.length <= longestName);
  return Object.fromEntries(entries.slice(0, mostFields));
}

const envelope = z.object({
  message: wireWords(2_000).optional().catch(undefined),
  // A code is a word to branch on; a sentence in its place is none.
  code: z
    .string()
    .regex(/^[\w.:-]{1,64}$/)
    .optional()
    .catch(undefined),
  request_id: z.string().optional().catch(undefined),
  errors: z.preprocess(fewFields, z.record(z.string(), messages.catch([]))).catch({}),
  retry_after: seconds.optional().catch(undefined),
});

/** Reads an error's body (exdata docs: Error body) of whatever shape; what is not understood is left out. */
export function errorBodyOf(json: ExdataJson | undefined): ErrorBody {
  const wire = envelope.safeParse(isJsonObject(json) ? json : {});
  if (!wire.success) return { errors: {} };
  const { message, code, request_id: requestId, errors, retry_after: retryAfterSeconds } = wire.data;
  return { message, code, requestId, errors, retryAfterSeconds, ...documentIn(json) };
}

/**
 * exdata does not say how a blocked document comes with its 402: under `data`, under `document`, or merged into the
 * error.
 */
function documentIn(json: ExdataJson | undefined): Pick<ErrorBody, 'document' | 'documentId'> {
  if (!isJsonObject(json)) return {};
  const { data, document } = json;
  const places = [isJsonObject(data) ? data.document : undefined, data, document, json].filter(isJsonObject);
  const documents = places.map(documentFrom).filter((found) => found !== undefined);
  const ids = [...places.map((place) => place.id), ...places.map((place) => place.document_id)];
  const known = ids.map((id) => wireId.safeParse(id)).find(({ success }) => success);
  return { document: documents[0], documentId: documents[0]?.id ?? known?.data };
}

function documentFrom(place: ExdataJson): ExdataDocumentData | undefined {
  try {
    return parseDocument(place);
  } catch {
    return undefined;
  }
}
