/** A statement that was to be prepared could not be: whatever it was part of is begun anew, with nothing prepared. */
export class NotPreparedError extends Error {
  override readonly name = 'NotPreparedError';
  constructor(cause: unknown) {
    super('the connection does not keep prepared statements', { cause });
  }
}
