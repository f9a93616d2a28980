/** A secret that exdata may have signed a webhook with, and a name for it that may be shown. */
export interface WebhookSecret {
  readonly id: string;
  readonly secret: string;
}

/** Reads `id:secret,id:secret`; `null` when it has another form. */
export function parseWebhookSecrets(text: string): WebhookSecret[] | null {
  const secrets = text.split(',').map((pair) => {
    const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(pair.trim()) ?? [];
    return { id, secret };
  });
  return secrets.every(({ id, secret }) => id !== '' && secret !== '') ? secrets : null;
}
