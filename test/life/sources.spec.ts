import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ExdataDeliveryService, ExdataInputError } from 'nestjs-exdata';
import { Host } from './host.js';

let host: Host;
beforeAll(async () => {
  host = await Host.start();
  await host.pending('ANOTHER');
});
afterAll(() => host.close());

/** As it comes from a host that is not compiled, or from a request. */
const absent = undefined as unknown as string;
const source = { type: 'invoice', id: absent };

it.each<[string, string, () => Promise<unknown>]>([
  ['findBySource', 'source.id', () => host.documents.findBySource(source)],
  ['findBySource of no type', 'source.type', () => host.documents.findBySource({ type: absent, id: 'ANOTHER' })],
  [
    'findBySource of a long type',
    'source.type',
    () => host.documents.findBySource({ type: 'x'.repeat(65), id: 'ANOTHER' }),
  ],
  ['findBySource of nothing', 'source', () => host.documents.findBySource(absent as never)],
  ['generations', 'source.id', () => host.documents.generations(source)],
  ['history', 'source.id', () => host.documents.history(source)],
  ['waitFor', 'source.id', () => host.documents.waitFor(source)],
  ['refresh', 'source.id', () => host.documents.refresh(source)],
  ['extraction', 'source.id', () => host.documents.extraction(source)],
  ['findByExdataId', 'exdataId', () => host.documents.findByExdataId(absent)],
  ['resubmit', 'source.id', () => host.uploads.resubmit(source, { reason: 'again' })],
  ['eraseDocument', 'documentId', () => host.app.get(ExdataDeliveryService).eraseDocument({ documentId: absent })],
  ['eraseDocument of a source', 'source.id', () => host.app.get(ExdataDeliveryService).eraseDocument({ source })],
  ['a delivery', 'id', () => host.app.get(ExdataDeliveryService).get(absent)],
  ['replay', 'id', () => host.app.get(ExdataDeliveryService).replay(absent)],
  ['discard', 'id', () => host.app.get(ExdataDeliveryService).discard(absent, 'why')],
])('%s names the field that is missing, and finds no other document', async (_, field, call) => {
  const refused = await call().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ExdataInputError);
  expect(refused).toMatchObject({ code: 'invalid_input', field });
});
