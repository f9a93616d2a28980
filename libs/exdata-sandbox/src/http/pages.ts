import type { Readings } from '../readings.js';

/** What of a request decides on the page. */
interface PageRequest {
  /** `http://127.0.0.1:4010`, as the client wrote it. */
  readonly origin: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

type Item = Readonly<Record<string, unknown>>;
type Body = Record<string, unknown>;

/**
 * One page of a list, written as the reading says. Pages are numbered from 1; a cursor is the number of items before
 * it.
 */
export function page(items: readonly Item[], request: PageRequest, readings: Readings): Body {
  switch (readings.paging) {
    case 'none':
      return { data: items };
    case 'links':
      return { data: slice(items, request, readings), links: links(items, request, readings) };
    case 'meta':
      return { data: slice(items, request, readings), meta: meta(items, request, readings) };
    case 'links-and-meta':
      return {
        data: slice(items, request, readings),
        links: links(items, request, readings),
        meta: meta(items, request, readings),
      };
    case 'cursor':
      return cursorPage(items, request, readings);
  }
}

function slice(items: readonly Item[], request: PageRequest, { pageSize }: Readings): readonly Item[] {
  const number = pageNumber(request);
  return items.slice((number - 1) * pageSize, number * pageSize);
}

function links(items: readonly Item[], request: PageRequest, readings: Readings): Body {
  const number = pageNumber(request);
  const last = lastPage(items, readings);
  const link = (to: number): string | null =>
    to >= 1 && to <= last ? linkTo({ page: String(to) }, request, readings) : null;
  return { first: link(1), last: link(last), prev: link(number - 1), next: link(number + 1) };
}

function meta(items: readonly Item[], request: PageRequest, readings: Readings): Body {
  return {
    current_page: pageNumber(request),
    last_page: lastPage(items, readings),
    per_page: readings.pageSize,
    total: items.length,
  };
}

function cursorPage(items: readonly Item[], request: PageRequest, readings: Readings): Body {
  const { pageSize } = readings;
  const from = decodeCursor(request.query.get('cursor'));
  const cursor = (to: number): string | null => (to >= 0 && to < items.length ? encodeCursor(to) : null);
  const [prev, next] = [from > 0 ? cursor(Math.max(0, from - pageSize)) : null, cursor(from + pageSize)];
  const link = (to: string | null): string | null => to && linkTo({ cursor: to }, request, readings);
  return {
    data: items.slice(from, from + pageSize),
    links: { first: null, last: null, prev: link(prev), next: link(next) },
    meta: { path: request.path, per_page: pageSize, next_cursor: next, prev_cursor: prev },
  };
}

/** The reading may point to another origin, which no client must follow with its token. */
function linkTo(
  query: Readonly<Record<string, string>>,
  { origin, path }: PageRequest,
  { linkOrigin }: Readings,
): string {
  return `${linkOrigin ?? origin}${path}?${new URLSearchParams(query).toString()}`;
}

function pageNumber({ query }: PageRequest): number {
  return Math.max(1, Number.parseInt(query.get('page') ?? '1', 10) || 1);
}

function lastPage(items: readonly Item[], { pageSize }: Readings): number {
  return Math.max(1, Math.ceil(items.length / pageSize));
}

function encodeCursor(from: number): string {
  return Buffer.from(`from:${from}`).toString('base64url');
}

function decodeCursor(cursor: string | null): number {
  return Number(/^from:(\d{1,9})$/.exec(Buffer.from(cursor ?? '', 'base64url').toString())?.[1] ?? 0);
}
