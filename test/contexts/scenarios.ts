import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { ExdataDelivery, ExdataLink, ExdataDocumentService } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { DataSource } from 'typeorm';
import { until } from '../until.js';
import { TenantsHost } from './tenants-host.js';
import type { TenantsHostOptions } from './tenants-host.js';
import { Handlers, requestTraces, sightings } from './tenants.js';
import type { Sighting } from './tenants.js';

/** What a scenario saw. */
interface Findings {
  /** Pieces of the host's code that ran in the context of a request, or of another piece. */
  readonly strangers: readonly Sighting[];
  /** Pieces of the host's code that ran. */
  readonly places: readonly string[];
  /** Spans of work, and those of them that have a parent. */
  readonly spans: number;
  readonly spansWithParent: number;
}

/** By the names under which the program is told which to run. */
export const scenarios = { afresh, askedFor };

/** Each document is submitted and told of in a request with a tenant of its own. */
async function afresh(options: TenantsHostOptions): Promise<Findings> {
  return withHost(options, async (host, rows) => {
    const ids = Array.from({ length: 60 }, (_, index) => String(index));
    await Promise.all(ids.map(() => host.post('list')));
    await Promise.all(ids.map((id) => host.post(`submit/${id}`)));
    const pending = await rows.pending(ids.length);
    await Promise.all([rows.finish(pending.slice(0, 50)), rows.finish(pending.slice(50), 'error')]);
    const { called } = host.app.get(Handlers);
    await until(
      () => called.length === ids.length && sightings.filter(({ place }) => place === 'alerts').length === 10,
    );
  });
}

/** A person asks in a request for a resubmission, a replay and the release of a hold. */
async function askedFor(options: TenantsHostOptions): Promise<Findings> {
  return withHost(options, async (host, rows) => {
    await host.post('submit/1');
    await rows.finish(await rows.pending(1), 'error');
    const { called } = host.app.get(Handlers);
    await until(() => called.length === 1);
    await host.post('resubmit/1');
    await rows.finish(await rows.pending(1));
    await until(() => called.length === 2);
    const { manager } = host.app.get(DataSource);
    const [delivery] = await manager.find(ExdataDelivery, { order: { receivedAt: 'ASC' } });
    await host.post(`replay/${String(delivery?.id)}`);
    await until(async () => !(await manager.existsBy(ExdataDelivery, { outcome: 'open' })));
    const isUpload = ({ method, path }: { method: string; path: string }): boolean =>
      method === 'POST' && path.endsWith('/documents');
    host.sandbox.faults.request(requestFaults.problem(402, 'insufficient_credits', 'No credits.'), { match: isUpload });
    await host.post('submit/3');
    const held = { type: 'invoice', id: '3' };
    await until(
      async () =>
        (await host.app.get(ExdataDocumentService).findBySource(held))?.problem?.code === 'insufficient_credits',
    );
    await host.post('release');
    await rows.finish(await rows.pending(1));
    await until(() => called.length === 3);
  });
}

async function withHost(
  options: TenantsHostOptions,
  run: (host: TenantsHost, rows: Rows) => Promise<void>,
): Promise<Findings> {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const host = await TenantsHost.start(options);
  try {
    const { manager } = host.app.get(DataSource);
    // A server's database is the next scenario's too, and of many alerts in an hour the later ones come together.
    await manager.deleteAll('exdata_alert');
    await manager.deleteAll(ExdataDelivery);
    await manager.deleteAll(ExdataLink);
    await run(host, new Rows(host));
  } finally {
    await host.close();
  }
  const spans = exporter.getFinishedSpans().filter(({ name }) => /^exdata\.(upload|delivery|handler|poll)$/.test(name));
  return {
    strangers: sightings.filter(
      ({ tenant, clsTenant, traceId }) =>
        tenant !== undefined || clsTenant !== undefined || requestTraces.has(traceId ?? ''),
    ),
    places: [...new Set(sightings.map(({ place }) => place))],
    spans: spans.length,
    spansWithParent: spans.filter(({ parentSpanContext }) => parentSpanContext !== undefined).length,
  };
}

/** The documents in the host's ledger. */
class Rows {
  constructor(private readonly host: TenantsHost) {}

  /** Resolves once so many are pending. */
  async pending(count: number): Promise<ExdataLink[]> {
    let rows: ExdataLink[] = [];
    await until(async () => {
      rows = await this.host.app.get(DataSource).manager.findBy(ExdataLink, { state: 'pending' });
      return rows.length >= count;
    });
    return rows;
  }

  finish(rows: readonly ExdataLink[], status: 'completed' | 'error' = 'completed'): Promise<unknown> {
    return Promise.all(rows.map(({ exdataId }) => this.host.sandbox.documents.finish(Number(exdataId), { status })));
  }
}
