export { DeliveryEnd } from './deliveries/delivery-end.js';
export { PendingUploads } from './deliveries/pending-uploads.js';
export { ConflictingIds } from './deliveries/conflicting-ids.js';
export { SeenBodies } from './deliveries/seen-bodies.js';
export { ExdataSeenBody } from './deliveries/seen-body.entity.js';
export { DocumentReads } from './deliveries/document-reads.js';
export { DeadLetters } from './deliveries/dead-letters.js';
export { ExdataDeliveries } from './deliveries/deliveries.service.js';
export type { DeliveryDetails, DeliveryPage, DeliverySummary, EraseTarget, RedriveReport } from './deliveries/deliveries.service.js';
export type { DeliveryQuery, RedriveQuery } from './deliveries/delivery-query.js';
export { Erasure } from './deliveries/erasure.js';
export type { ExdataErasure } from './deliveries/erasure.js';
export { ExdataDeliveryNotFoundError, ExdataDeliveryStateError } from './deliveries/errors.js';
export { DeliveryHandlers } from './deliveries/delivery-handlers.js';
export { ExdataDeliveryRun } from './deliveries/delivery-run.entity.js';
export { DeliveryRunJob } from './deliveries/delivery-run.job.js';
export { DeliveryRuns } from './deliveries/delivery-runs.js';
export { OnExdataDelivery } from './deliveries/on-exdata-delivery.decorator.js';
export type {
  ExdataDeliveryContext,
  ExdataDeliveryHandler,
  ExdataEventType,
  OnExdataDeliveryOptions,
} from './deliveries/on-exdata-delivery.decorator.js';
export { deliveryOutcomes, ExdataDelivery } from './delivery.entity.js';
export type { DeliveryOutcome } from './delivery.entity.js';
export { DeliveryJob } from './delivery.job.js';
export { DeliveryStore } from './delivery.store.js';
export { GroupCommit, InboxRetention, InboxTable } from './inbox/index.js';
export type { InboxFault, InboxRow } from './inbox/index.js';
export { missingRawBody, watchRawBody } from './raw-body.js';
export type { RawBodyWatch } from './raw-body.js';
export { SecretKeeper } from './secret-keeper.js';
export type { WebhookSecret } from './signature.js';
export { StaleDeliveries } from './stale-deliveries.js';
export { textBytesOf } from './stored-body.js';
export { UnstoredDeliveries } from './unstored-deliveries.js';
export { deliveryOf } from './verified-delivery.js';
export type { VerifiedDelivery } from './verified-delivery.js';
export { WebhookRefusal } from './webhook-refusal.js';
export type { RefusalReason } from './webhook-refusal.js';
export { WebhookRefusals } from './webhook-refusals.js';
export { ExdataWebhookSecrets } from './webhook-secrets.service.js';
export type { SecretReport } from './webhook-secrets.service.js';
export { EXDATA_WEBHOOK_SETTINGS } from './webhook-settings.js';
export type { WebhookSettings } from './webhook-settings.js';
export { createWebhookController } from './webhook.controller.js';
export { ExdataWebhookGuard } from './webhook.guard.js';
export type { WebhookRequest } from './webhook.guard.js';
