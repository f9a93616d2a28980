import type { ExdataDeadLetterReason, HandlerRun } from '../../handlers/index.js';
import type { AlertEntry } from './alert-book.js';

/** What is told of a handler's run that was given up. @param what it was for, such as `a delivery` */
export function deadRun(
  { id, handler, reopenedAt }: HandlerRun,
  code: ExdataDeadLetterReason,
  what: string,
): Pick<AlertEntry, 'kind' | 'many' | 'cause' | 'code' | 'message'> {
  const message = `the handler ${handler} was given up for ${what}; mend what stopped it, then redrive or discard its run`;
  // One that a person has put to work again, and that dies again, is told of again.
  return { kind: 'dead_letter', many: true, cause: `handler:${id}:${String(reopenedAt ?? 0)}`, code, message };
}
