/**
 * What a library of the host's own would export: results whose types it leaves to the compiler, which has to find a
 * name for each of them in its declarations.
 */
import {
  exdataDeliveryOf,
  exdataEnvironment,
  exdataSecretFromEnv,
  exdataUploadRefusalOf,
  getExdataApiToken,
} from 'nestjs-exdata';
import type {
  ExdataAccounts,
  ExdataDeliveryContext,
  ExdataDeliveryService,
  ExdataDocumentContext,
  ExdataDocumentService,
  ExdataHandlers,
  ExdataSource,
  ExdataSubmit,
  ExdataUploadService,
  ExdataVerifiedDelivery,
  ExdataWebhookSecrets,
} from 'nestjs-exdata';
import { reviewExdataInvoice } from 'nestjs-exdata/review';

export const submitted = (uploads: ExdataUploadService, input: ExdataSubmit) => uploads.submit(input);
export const resubmitted = (uploads: ExdataUploadService, source: ExdataSource) =>
  uploads.resubmit(source, { reason: 'again' });
export const held = (uploads: ExdataUploadService) => uploads.holds();

export const found = (documents: ExdataDocumentService, source: ExdataSource) => documents.findBySource(source);
export const listed = (documents: ExdataDocumentService) => documents.list();
export const history = (documents: ExdataDocumentService, source: ExdataSource) => documents.history(source);
export const extraction = (documents: ExdataDocumentService, source: ExdataSource) => documents.extraction(source);
export const waited = (documents: ExdataDocumentService, source: ExdataSource) => documents.waitFor(source);

export const deliveries = (service: ExdataDeliveryService) => service.list();
export const delivery = (service: ExdataDeliveryService, id: string) => service.get(id);
export const redriven = (service: ExdataDeliveryService) => service.redrive({ dryRun: true });
export const received = (service: ExdataDeliveryService, given: ExdataVerifiedDelivery) => service.receive(given);
export const erased = (service: ExdataDeliveryService, source: ExdataSource) => service.eraseDocument({ source });
export const verified = (request: object) => exdataDeliveryOf(request);

export const account = (accounts: ExdataAccounts) => accounts.get('acme');
export const handlers = (registered: ExdataHandlers) => registered.list();
export const secrets = (kept: ExdataWebhookSecrets) => kept.rotationReport();
export const refusal = (error: unknown) => exdataUploadRefusalOf(error);
export const environment = () => exdataEnvironment('live');
export const secret = () => exdataSecretFromEnv('TOKEN');
export const token = () => getExdataApiToken('acme');

export const ofDocument = ({ link, document, extraction: read, signal }: ExdataDocumentContext) => ({
  link,
  problem: link.problem,
  run: document.latestExtractionRun,
  fields: read?.fields,
  doubts: read && reviewExdataInvoice(read.fields),
  signal,
});
export const ofDelivery = ({ manager, rawBody, event }: ExdataDeliveryContext) => ({ manager, rawBody, event });
