import { createHash } from 'node:crypto';
import { Html, html } from './html.js';
import { stylesheet } from './stylesheet.js';

/** Nothing but our own style sheet: even markup that got past the escaping would have no script to run and nowhere to send to. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(stylesheet).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** In one piece, since the hash above covers every blank between the tags. */
const style = new Html(`<style>${stylesheet}</style>`);

interface Layout {
  readonly title: string;
  /** Seconds. */
  readonly refreshEvery: number;
}

/** A whole page around its content. */
export function page({ title, refreshEvery }: Layout, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="refresh" content="${refreshEvery}" />
        <title>${title}</title>
        ${style}
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html> `.text;
}
