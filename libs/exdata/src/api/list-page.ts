import { z } from 'zod';
import { parseDocument } from './document-data.js';
import type { ExdataDocumentData } from './document-data.js';
import { inParts } from './in-parts.js';
import { isJsonObject } from './json.js';
import type { JsonObject, ExdataJson } from './json.js';

const list = z.array(z.custom<ExdataJson>(), 'is no list');

/** A page's documents. */
export interface ListedDocuments {
  readonly documents: readonly ExdataDocumentData[];
  /** What stands between them without an id or a status, as exdata sent it. */
  readonly unreadable: readonly ExdataJson[];
}

/**
 * Reads a list's `data`. One document that cannot be read does not cost the others.
 * @throws {z.ZodError} when it is no list
 */
export async function listedDocuments({ data = null }: JsonObject): Promise<ListedDocuments> {
  const documents: ExdataDocumentData[] = [];
  const unreadable: ExdataJson[] = [];
  await inParts(itemsOf(data), (item) => {
    try {
      documents.push(parseDocument(item));
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      unreadable.push(item);
    }
  });
  return { documents, unreadable };
}

/**
 * The items of a list; none where exdata gives null. PHP writes a list with gaps as a map from numbers.
 * @throws {z.ZodError} when it is neither
 */
export function itemsOf(data: ExdataJson): readonly ExdataJson[] {
  if (data === null) return [];
  if (isJsonObject(data) && Object.keys(data).every((key) => /^\d+$/.test(key))) return Object.values(data);
  return list.parse(data);
}

/**
 * Where the next page is, undefined after the last one. exdata does not document its paging (exdata docs: GET
 * /documents), so each of Laravel's forms is taken: none at all, `links.next`, which decides where it is present,
 * `meta.next_cursor`, and `meta.current_page` with `meta.last_page`.
 * @param at the address of this page
 * @returns null when a next page is named by what is no address
 */
export function nextPage({ links, meta }: JsonObject, at: URL): URL | null | undefined {
  if (isJsonObject(links) && 'next' in links) return linked(links.next ?? null, at);
  if (!isJsonObject(meta)) return undefined;
  const { next_cursor: cursor, current_page: current, last_page: last } = meta;
  if (typeof cursor === 'string' && cursor !== '') return withQuery(at, 'cursor', cursor);
  const [page, end] = [pageNumber(current), pageNumber(last)];
  return page !== undefined && end !== undefined && page < end ? withQuery(at, 'page', String(page + 1)) : undefined;
}

function linked(next: ExdataJson, at: URL): URL | null | undefined {
  if (next === null || next === '') return undefined;
  return typeof next === 'string' && URL.canParse(next, at.href) ? new URL(next, at) : null;
}

function withQuery(at: URL, name: string, value: string): URL {
  const url = new URL(at);
  url.searchParams.set(name, value);
  return url;
}

function pageNumber(value: ExdataJson | undefined): number | undefined {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}
