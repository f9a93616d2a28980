import { ExdataAuthenticationError, ExdataError, ExdataNotFoundError, ExdataRateLimitError } from '../api/index.js';
import type { ExdataCallOptions, ExdataApi, ExdataDocumentData, ExdataResult } from '../api/index.js';
import type { ExdataLink } from '../documents/index.js';

/** How many documents of the list are looked at for one that may not be there. */
const mostListed = 50_000;
/** How far exdata's clock may be behind ours, in milliseconds. */
const clockSkewMs = 3_600_000;

/** What exdata's list says of an upload whose answer was lost. */
export type Found =
  | { readonly kind: 'found'; readonly answer: ExdataResult<ExdataDocumentData> }
  | { readonly kind: 'absent' }
  /** The list is too long, cannot be followed to its end, or leaves out what would tell. */
  | { readonly kind: 'unclear' };

/**
 * Looks through exdata's list for the document that carries the row's correlation id as `requester` (exdata docs: GET
 * /documents). Neither the list's order nor what its items hold is documented: an item that does not name its
 * requester, and whose file could be ours, is asked for by itself. What exdata refuses of it is no word on the upload:
 * it leaves the answer unclear.
 * @param isKnown whether a document is linked to another row already
 * @throws {ExdataError} what concerns the account (401, 429), and what may be better the next time
 */
export async function findAtExdata(
  api: ExdataApi,
  row: ExdataLink,
  isKnown: (id: string) => Promise<boolean>,
  call: ExdataCallOptions,
): Promise<Found> {
  try {
    return await lookThrough(api, row, isKnown, call);
  } catch (error) {
    if (isRefusal(error)) return { kind: 'unclear' };
    throw error;
  }
}

async function lookThrough(
  api: ExdataApi,
  row: ExdataLink,
  isKnown: (id: string) => Promise<boolean>,
  call: ExdataCallOptions,
): Promise<Found> {
  let listed = 0;
  let untold = false;
  for await (const item of api.documents.list(call)) {
    if (++listed > mostListed) return { kind: 'unclear' };
    const named = item.requester === row.correlationId;
    if (!named && !(item.requester === undefined && mayBeOurs(item, row) && !(await isKnown(item.id)))) continue;
    try {
      const answer = await api.documents.get(item.id, call);
      if (named || answer.data.requester === row.correlationId) return { kind: 'found', answer };
      untold ||= answer.data.requester === undefined;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      untold ||= named || !(error instanceof ExdataNotFoundError);
    }
  }
  return { kind: untold ? 'unclear' : 'absent' };
}

/** Of this document or this list alone: asked again at once it would be the same, and the account is in order. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ExdataError) || error.retryable) return false;
  return !(error instanceof ExdataAuthenticationError || error instanceof ExdataRateLimitError);
}
function mayBeOurs({ fileSize, createdAt }: ExdataDocumentData, row: ExdataLink): boolean {
  const since = (row.firstSentAt ?? 0) - clockSkewMs;
  return (
    (fileSize === undefined || fileSize === row.size) && !(createdAt !== undefined && Date.parse(createdAt) < since)
  );
}
