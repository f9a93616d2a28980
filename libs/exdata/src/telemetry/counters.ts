import { metrics } from '@opentelemetry/api';
import type { Counter, MeterProvider } from '@opentelemetry/api';

const descriptions = {
  'exdata.webhook.refusals': 'Webhook requests that were not taken',
  'exdata.webhook.refused_hook_failures': 'Refusals in which a guard of the host failed or took too long',
  'exdata.webhook.answered_by_others': 'Webhook requests that the host answered in the place of the webhook',
  'exdata.webhook.received': 'Webhook deliveries that were taken, by what became of them in the inbox',
};

type Counters = Readonly<Record<keyof typeof descriptions, Counter>>;

let counters: { readonly of: MeterProvider; readonly all: Counters } | undefined;

/** The counters of the SDK that is there now: what is asked for before an SDK has started counts nothing for ever. */
function counter(name: keyof typeof descriptions): Counter {
  const provider = metrics.getMeterProvider();
  if (counters?.of !== provider) {
    const meter = provider.getMeter('nestjs-exdata');
    const create = (of: keyof typeof descriptions): Counter =>
      meter.createCounter(of, { description: descriptions[of], unit: '{request}' });
    counters = {
      of: provider,
      all: {
        'exdata.webhook.refusals': create('exdata.webhook.refusals'),
        'exdata.webhook.refused_hook_failures': create('exdata.webhook.refused_hook_failures'),
        'exdata.webhook.answered_by_others': create('exdata.webhook.answered_by_others'),
        'exdata.webhook.received': create('exdata.webhook.received'),
      },
    };
  }
  return counters.all[name];
}

/** Counts a webhook request that was refused. `account` is one of the configured names, never a sender's words. */
export function countRefusal(reason: string, account: string | undefined): void {
  counter('exdata.webhook.refusals').add(1, { reason, ...(account !== undefined && { 'exdata.account': account }) });
}

/** Counts a refusal in which what the host does beside failed. */
export function countHookFailure(): void {
  counter('exdata.webhook.refused_hook_failures').add(1);
}

/** Counts a webhook request that the host answered in the place of the webhook. */
export function countAnswerOfOthers(status: number): void {
  counter('exdata.webhook.answered_by_others').add(1, { status });
}

/** Counts a truly signed delivery by what became of it: how it was stored, or why it was not. */
export function countReceived(result: string, account: string): void {
  counter('exdata.webhook.received').add(1, { result, 'exdata.account': account });
}
