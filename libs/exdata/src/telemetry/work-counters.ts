import { metrics } from '@opentelemetry/api';
import type { Counter, MeterProvider } from '@opentelemetry/api';

const described = {
  'exdata.webhook.deliveries': { description: 'Deliveries worked off, by what became of them', unit: '{delivery}' },
  'exdata.handler.runs': { description: 'Runs of handlers that ended, by what became of them', unit: '{run}' },
} as const;

const counters = new Map<string, { readonly of: MeterProvider; readonly counter: Counter }>();

/** The counter of the SDK that is there now: what is asked for before an SDK has started counts nothing for ever. */
function counterOf(name: keyof typeof described): Counter {
  const provider = metrics.getMeterProvider();
  const known = counters.get(name);
  if (known?.of === provider) return known.counter;
  const counter = provider.getMeter('nestjs-exdata').createCounter(name, described[name]);
  counters.set(name, { of: provider, counter });
  return counter;
}

export interface DeliveryCount {
  readonly account: string;
  /** As the header says; it is not signed, so that only those of a document count under their own name. */
  readonly event: string;
  readonly outcome: string;
  readonly reason: string | null;
}

const knownEvent = /^document\.[a-z_]{1,32}$/;
/** Event types told apart at most: whoever replays a body may name any. */
const mostEvents = 32;
const events = new Set<string>();

/** Counts a delivery that got its outcome. */
export function countDelivery({ account, event, outcome, reason }: DeliveryCount): void {
  if (knownEvent.test(event) && events.size < mostEvents) events.add(event);
  const type = events.has(event) ? event : 'other';
  counterOf('exdata.webhook.deliveries').add(1, {
    'exdata.account': account,
    type,
    outcome,
    ...(reason !== null && { reason }),
  });
}

/** Counts a handler's run that got its outcome. */
export function countHandlerRun(handler: string, outcome: string, reason: string | null): void {
  counterOf('exdata.handler.runs').add(1, { handler, outcome, ...(reason !== null && { reason }) });
}
