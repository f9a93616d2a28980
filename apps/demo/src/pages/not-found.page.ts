import { html } from './html.js';
import { page } from './layout.js';

/** There is nothing at this address. */
export function notFoundPage(message: string): string {
  return page(
    { title: 'Not found' },
    html`
      <h1>Not found</h1>
      <p>${message}</p>
    `,
  );
}
