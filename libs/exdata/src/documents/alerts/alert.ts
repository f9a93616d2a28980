import { token } from '../../injection/index.js';
import type { LifeIds } from '../../telemetry/index.js';

/** What a person has to know of. */
export type ExdataAlertKind =
  /** 402: the account's uploads are on hold until it is topped up and released. */
  | 'insufficient_credits'
  /**
   * 401: the token is absent, wrong or revoked; the account is on hold. With the code `token_refused` it is the token
   * of one process, which has been left out of the account for five minutes; told daily while that lasts.
   */
  | 'authentication_failed'
  /**
   * 403 to an upload, or to a read of a document of ours: the token lacks an ability; the account's uploads are on
   * hold.
   */
  | 'permission_denied'
  /** 429 with `test_mode_limit_exceeded`: the sandbox takes no more uploads until its next daily window. */
  | 'test_mode_limit_exceeded'
  /** exdata answered with a document of the other mode: token and environment do not fit. */
  | 'wrong_mode'
  /** A document ended as `error`, `blocked`, `rejected` or `failed`. */
  | 'document_failed'
  /** exdata's answers about a document cannot be read; it is asked for again, `code` says what is wrong. */
  | 'document_unread'
  /** The process died several times over one row. */
  | 'poison'
  /** A delivery or the run of a handler was given up; `code` is the reason. */
  | 'dead_letter'
  /** Runs wait for a handler that no process has been seen with for `work.handlerMissingAfterMs`. */
  | 'handler_missing';

/** One thing that a person has to know of. Holds ids and codes, never content. */
export interface ExdataAlert {
  readonly kind: ExdataAlertKind;
  readonly account: string;
  /** Contact of the account's owner, from the configuration. */
  readonly owner: string | null;
  /** How many it stands for: 1, or those of a storm that had no alert of their own; see docs/health.md. */
  readonly count: number;
  /** exdata's error code, or one of ours; `storm` where it stands for many. */
  readonly code: string;
  /** What happened and what is to be done, in words of ours. */
  readonly message: string;
  /** When it happened (epoch ms). */
  readonly at: number;
  /** When it goes on by itself (epoch ms); null when it does not. */
  readonly retryAt: number | null;
  readonly sourceType: string | null;
  readonly sourceId: string | null;
  /** exdata's id of the document. */
  readonly documentId: string | null;
  readonly requestId: string | null;
}

/**
 * Where alerts go: a pager, a chat, a mailbox. Each cause comes once, past ten an hour of one kind together with
 * others; again only if `raise` rejected, or the process died before its success was written. Bind a provider to
 * {@link EXDATA_ALERTS} to replace the default, which writes an error to the log.
 */
export interface ExdataAlerts {
  /**
   * Resolves once the alert is handed over; a rejection is retried, and so is what has not answered after 30 seconds.
   */
  raise(alert: ExdataAlert, signal: AbortSignal): Promise<void>;
}

/** Bind {@link ExdataAlerts} of your own to this token, in `providers` of the module. */
export const EXDATA_ALERTS = token<ExdataAlerts>('alerts');

/** The ids of the document that an alert is about. */
export function idsOfAlert({ account, sourceType, sourceId, documentId, requestId }: ExdataAlert): LifeIds {
  return { account, sourceType: sourceType ?? undefined, sourceId: sourceId ?? undefined, documentId, requestId };
}
