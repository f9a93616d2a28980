import { Injectable } from '@nestjs/common';
import type { Write } from '../dispatch/index.js';
import type { HandlerAlerts, MissingHandler } from '../handlers/index.js';
import { ExdataAccounts } from './accounts/exdata-accounts.js';
import { mainOf } from './accounts/main-account.js';
import { AlertBook } from './alerts/alert-book.js';
import { Inject } from '../injection/index.js';

type Missing = Pick<MissingHandler, 'subject' | 'handler' | 'lastSeenAt'>;

/**
 * Raises an alert for a handler that is missing: one for each time that it vanishes. Handlers belong to no account; the
 * main one's owner is told.
 */
@Injectable()
export class MissingHandlers implements HandlerAlerts {
  constructor(
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
  ) {}

  missing(write: Write, { open, ...handler }: MissingHandler): Promise<boolean> {
    const { subject, handler: id, lastSeenAt } = handler;
    const message =
      `no process has been seen with the handler ${id} of ${subject === 'document' ? 'documents' : 'deliveries'} since ` +
      `${new Date(lastSeenAt).toISOString()}, and ${String(open)} ${open === 1 ? 'run waits' : 'runs wait'} for it; ` +
      `start a process that has it, or retire it with ExdataHandlers.retire`;
    return this.alerts.raise(write, { ...this.#entryOf(handler), code: 'handler_missing', message });
  }

  retired(write: Write, handler: Missing): Promise<void> {
    return this.alerts.end(write, this.#entryOf(handler));
  }

  #entryOf({ subject, handler, lastSeenAt }: Missing): { kind: 'handler_missing'; account: string; cause: string } {
    return {
      kind: 'handler_missing',
      account: mainOf(this.accounts).name,
      cause: `${subject}:${String(lastSeenAt)}:${handler}`,
    };
  }
}
