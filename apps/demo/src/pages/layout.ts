import { createHash } from 'node:crypto';
import { Html, html } from './html.js';
import { stylesheet } from './stylesheet.js';

/**
 * Nothing but our own style sheet: even markup that got past the escaping would have no script to run and nowhere to
 * send to.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(stylesheet).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** In one piece, since the hash above covers every blank between the tags. */
const style = new Html(`<style>${stylesheet}</style>`);

const sections = [
  ['/', 'Invoices'],
  ['/review', 'Review'],
  ['/ops', 'Operations'],
] as const;

interface Layout {
  readonly title: string;
  /** The section that the page belongs to. */
  readonly section?: (typeof sections)[number][0];
  /** Seconds; absent: the page stays as it is. */
  readonly refreshEvery?: number;
}

/** A whole page around its content. */
export function page({ title, section, refreshEvery }: Layout, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refreshEvery === undefined ? null : html`<meta http-equiv="refresh" content="${refreshEvery}" />`}
        <title>${title}</title>
        ${style}
      </head>
      <body>
        <nav aria-label="Sections">
          ${sections.map(([path, name]) => html`<a href="${path}" ${path === section ? html`aria-current="page"` : null}>${name}</a>`)}
        </nav>
        <main>${content}</main>
      </body>
    </html> `.text;
}
