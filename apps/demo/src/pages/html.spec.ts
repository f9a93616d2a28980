import { describe, expect, it } from '@jest/globals';
import { html } from './html.js';

describe('html', () => {
  it('escapes every value and keeps what is HTML already', () => {
    const evil = `<script>alert("it's & on")</script>`;
    expect(html`<p title="${evil}">${[html`<b>${1}</b>`, '&']}${null}${undefined}</p>`.text).toBe(
      '<p title="&#60;script&#62;alert(&#34;it&#39;s &#38; on&#34;)&#60;/script&#62;"><b>1</b>&#38;</p>',
    );
  });
});
