import type { Exchange } from './exchange.js';

const perPage = 15;

/** A page of a list in Laravel's form, which the contract takes to be likely: `data`, `links`, `meta`. Pages are numbered from 1. */
export function page(items: readonly Record<string, unknown>[], exchange: Exchange): Record<string, unknown> {
  const number = Math.max(1, Number.parseInt(exchange.url.searchParams.get('page') ?? '1', 10) || 1);
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const origin = `http://${exchange.request.headers.host ?? ''}`;
  const link = (to: number): string | null => (to >= 1 && to <= last ? `${origin}${exchange.url.pathname}?page=${to}` : null);
  return {
    data: items.slice((number - 1) * perPage, number * perPage),
    links: { first: link(1), last: link(last), prev: link(number - 1), next: link(number + 1) },
    meta: { current_page: number, last_page: last, per_page: perPage, total: items.length },
  };
}
