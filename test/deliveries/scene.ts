import { randomUUID } from 'node:crypto';
import { ExdataDelivery } from 'nestjs-exdata';
import type { RequestFacts } from 'nestjs-exdata-sandbox';
import type { Host } from '../life/host.js';
import { secret, sign } from '../life/host.js';

export const source = (id: string): { type: string; id: string } => ({ type: 'invoice', id });

export const isRead = ({ method, path }: Pick<RequestFacts, 'method' | 'path'>): boolean =>
  method === 'GET' && /\/documents\/\d+$/.test(path);

/** What tests of deliveries do to a host. */
export class Scene {
  constructor(readonly host: Host) {}

  /** How often a document was read at exdata. */
  reads(exdataId: number): number {
    return this.host.sandbox.journal.requests((entry) => isRead(entry) && entry.path.endsWith(`/${String(exdataId)}`))
      .length;
  }

  /** The inbox, the oldest delivery first. */
  inbox(): Promise<ExdataDelivery[]> {
    return this.host.database.manager.find(ExdataDelivery, { order: { receivedAt: 'ASC', id: 'ASC' } });
  }

  /** Resolves once no delivery is open; gives how often each outcome, with its reason, came about. */
  async outcomes(): Promise<Record<string, number>> {
    await this.host.inboxWorkedOff();
    const counts: Record<string, number> = {};
    for (const { outcome, reason } of await this.inbox()) {
      const name = reason === null ? outcome : `${outcome} ${reason}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  /** Sends signed bytes as exdata would; resolves to the status. */
  async post(body: string, headers: Record<string, string> = {}): Promise<number> {
    const bytes = Buffer.from(body);
    const answer = await fetch(this.host.url, {
      method: 'POST',
      body: bytes,
      headers: {
        'content-type': 'application/json',
        'x-signature': sign(secret, bytes),
        'x-timestamp': String(Math.floor(Date.now() / 1000)),
        'x-delivery': randomUUID(),
        'x-event': 'document.completed',
        ...headers,
      },
    });
    return answer.status;
  }

  /** The event of one of exdata's documents, in the simplest of its shapes. */
  bodyOf(exdataId: number, more: Record<string, unknown> = {}): string {
    return JSON.stringify({ event: 'document.completed', data: { id: exdataId, ...more } });
  }

  async empty(): Promise<void> {
    for (const table of [
      'exdata_account',
      'exdata_delivery',
      'exdata_delivery_run',
      'exdata_seen_body',
      'exdata_handler_run',
      'exdata_alert',
      'exdata_document',
      'bills',
    ])
      await this.host.database.query(`delete from ${table}`);
  }
}
