import { applyDecorators, Get, Header } from '@nestjs/common';
import { contentSecurityPolicy } from './layout.js';

/** What every page is sent with. */
export const pageHeaders: readonly (readonly [string, string])[] = [
  ['Content-Type', 'text/html; charset=utf-8'],
  ['Content-Security-Policy', contentSecurityPolicy],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cache-Control', 'no-store'],
];

/** A route that answers with a page. */
export function Page(path: string): MethodDecorator {
  return applyDecorators(Get(path), ...pageHeaders.map(([name, value]) => Header(name, value)));
}
