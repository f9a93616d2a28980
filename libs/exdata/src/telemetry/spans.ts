import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import type { LifeIds } from './ids.js';

const attributes = Object.entries({
  account: 'exdata.account',
  sourceType: 'exdata.source.type',
  sourceId: 'exdata.source.id',
  documentId: 'exdata.document_id',
  requestId: 'exdata.request_id',
  deliveryId: 'exdata.delivery_id',
} satisfies Record<keyof LifeIds, string>) as [keyof LifeIds, string][];

/** A running span, to be told ids as they become known. */
export class ExdataSpan {
  constructor(private readonly span: Span) {}

  identify(ids: LifeIds): void {
    if (!this.span.isRecording()) return;
    for (const [name, attribute] of attributes) {
      const value = ids[name];
      if (value != null) this.span.setAttribute(attribute, value);
    }
  }

  /** Marks it with the error's class and code only: messages may come from outside. */
  fail(error: unknown): void {
    this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.span.setAttribute('error.type', errorType(error));
  }

  note(name: string, value: string | number | boolean): void {
    this.span.setAttribute(`exdata.${name}`, value);
  }
}

/** What is not named here is of the kind INTERNAL. */
const kinds: Readonly<Record<string, SpanKind>> = {
  upload: SpanKind.CLIENT,
  poll: SpanKind.CLIENT,
  receive: SpanKind.SERVER,
  delivery: SpanKind.CONSUMER,
};

/**
 * Runs `work` in the span `exdata.<name>`. An error fails it.
 * Without an OpenTelemetry SDK in the process it costs next to nothing.
 */
export function inSpan<T>(name: string, ids: LifeIds, work: (span: ExdataSpan) => Promise<T>): Promise<T> {
  return trace
    .getTracer('nestjs-exdata')
    .startActiveSpan(`exdata.${name}`, { kind: kinds[name] ?? SpanKind.INTERNAL }, (raw) => {
      const span = new ExdataSpan(raw);
      // What nobody records needs neither words nor an end.
      if (!raw.isRecording()) return work(span);
      span.identify(ids);
      return ended(raw, span, () => work(span));
    });
}

async function ended<T>(raw: Span, span: ExdataSpan, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    raw.end();
  }
}

function errorType(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
