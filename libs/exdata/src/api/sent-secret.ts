/** Stands where an answer repeated what was sent in secret. */
const withheld = '[withheld]';
/** Fewer characters are no secret, and would be found in ordinary words. */
const shortest = 8;

/**
 * The token of one attempt, to be kept out of what comes back: something before exdata may repeat a request's headers
 * in its answer.
 */
export class SentSecret {
  /** The secret as a text, as JSON text with its slashes escaped (PHP's way), and as a part of an address. */
  readonly #forms: readonly string[];

  constructor(secret: string) {
    const inJson = JSON.stringify(secret).slice(1, -1);
    const forms = [secret, inJson, inJson.replaceAll('/', '\\/'), encodeURIComponent(secret)];
    this.#forms = secret.length < shortest ? [] : [...new Set(forms)];
  }

  /** The text with a mark in the secret's place. */
  withheldIn(text: string): string {
    return this.#forms.reduce((kept, form) => kept.replaceAll(form, withheld), text);
  }

  /** As {@link withheldIn}, for a body; the same bytes where it is not in them. */
  withheldFrom(bytes: Buffer): Buffer {
    if (!this.#forms.some((form) => bytes.includes(form))) return bytes;
    return Buffer.from(this.withheldIn(bytes.toString('latin1')), 'latin1');
  }
}
