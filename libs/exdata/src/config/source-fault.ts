/** Why a secret cannot be had. It never holds the secret. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';

  /** @param causes each with what it is about, such as a variable, where that is not the field of the options itself */
  constructor(readonly causes: readonly { readonly message: string; readonly subject?: string | undefined }[]) {
    super(causes.map(({ message }) => message).join('; '));
  }

  static of(message: string, subject?: string): SourceFault {
    return new SourceFault([{ message, subject }]);
  }

  /** One line for each cause, as it is told of `field`. */
  linesFor(field: string): string[] {
    return this.causes.map(({ subject = field, message }) => `${subject}: ${message}`);
  }
}

/** Names an error without its message, which may hold what was asked for. */
export function errorName(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown error';
  if ('code' in error && typeof error.code === 'string' && /^\w{1,64}$/.test(error.code)) return error.code;
  return 'name' in error && typeof error.name === 'string' && /^\w{1,64}$/.test(error.name)
    ? error.name
    : 'unknown error';
}
