/** The answer to "may I send it again?". `retryable` says yes for the two that begin so. */
export type ExdataResend =
  /** Unchanged. */
  | 'yes'
  /** Unchanged, under the same idempotency key: exdata makes no second document of it. */
  | 'yes-with-same-key'
  /** Once the account has credits; the key of the refused upload stays spent (exdata docs: Credits). */
  | 'after-top-up-with-new-key'
  /** The same would fail the same way, or a person has to mend something first. */
  | 'no'
  /** exdata may have a document of it, and nothing protects a second sending: look for it at exdata first. */
  | 'unknown-reconcile';

/** What the answer hangs on. */
export interface ResendFacts {
  /** Whether the failure may pass by itself. */
  readonly retryable: boolean;
  /** Whether exdata may have a document of the call. */
  readonly mayHaveCreatedDocument: boolean;
  /** Whether the call can make a document at all. */
  readonly creates: boolean;
  /** Whether it carried an idempotency key. */
  readonly keyed: boolean;
  /** The answer's status, null without one. */
  readonly status: number | null;
}

/** The one place where a failure becomes advice. */
export function resendOf({ retryable, mayHaveCreatedDocument, creates, keyed, status }: ResendFacts): ExdataResend {
  if (creates && status === 402) return 'after-top-up-with-new-key';
  if (!retryable) return mayHaveCreatedDocument ? 'unknown-reconcile' : 'no';
  if (creates && keyed) return 'yes-with-same-key';
  return mayHaveCreatedDocument ? 'unknown-reconcile' : 'yes';
}

/** Whether the advice is to send the same again. */
export function saysYes(resend: ExdataResend): boolean {
  return resend === 'yes' || resend === 'yes-with-same-key';
}
