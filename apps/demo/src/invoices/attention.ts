import type { InvoiceView } from './present-invoice.js';

/** States in which a document goes no further by itself and has no bill. */
export const statesForPerson = ['failed', 'rejected', 'blocked', 'error'] as const;
/** States in which it goes on by itself, sooner or later. */
export const statesBeforeExdata = ['queued', 'uploading', 'unconfirmed'] as const;

/** Documents that somebody should know of. */
export interface Attention {
  /** They end here unless somebody does something. */
  readonly needPerson: readonly InvoiceView[];
  /** They go on by themselves, but something is in the way. */
  readonly waiting: readonly InvoiceView[];
}

/** Leaves out what needs nobody: what a person decided already, and what is merely on its way. */
export function attentionTo(stopped: readonly InvoiceView[], onTheWay: readonly InvoiceView[]): Attention {
  return {
    needPerson: stopped.filter(({ review }) => review?.status !== 'decided'),
    waiting: onTheWay.filter(({ problem, state }) => problem !== null || state === 'unconfirmed'),
  };
}
