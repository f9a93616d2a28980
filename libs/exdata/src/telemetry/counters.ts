import { metrics } from '@opentelemetry/api';
import type { Counter, MeterProvider } from '@opentelemetry/api';

let counter: { readonly of: MeterProvider; readonly refusals: Counter } | undefined;

/** The counter of the SDK that is there now: what is asked for before an SDK has started counts nothing for ever. */
function refusals(): Counter {
  const provider = metrics.getMeterProvider();
  if (counter?.of !== provider) {
    const options = { description: 'Webhook requests that were not taken', unit: '{request}' };
    counter = { of: provider, refusals: provider.getMeter('nestjs-exdata').createCounter('exdata.webhook.refusals', options) };
  }
  return counter.refusals;
}

/** Counts a webhook request that was refused. `account` is one of the configured names, never a sender's words. */
export function countRefusal(reason: string, account: string | undefined): void {
  refusals().add(1, { reason, ...(account !== undefined && { 'exdata.account': account }) });
}
