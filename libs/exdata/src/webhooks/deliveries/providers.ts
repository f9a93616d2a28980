import type { Provider } from '@nestjs/common';
import { ConflictingIds } from './conflicting-ids.js';
import { DeadLetters } from './dead-letters.js';
import { ExdataDeliveryService } from './delivery.service.js';
import { DeliveryApplication } from './delivery-application.js';
import { DeliveryConfirmation } from './delivery-confirmation.js';
import { DeliveryEnd } from './delivery-end.js';
import { DeliveryOffers } from './delivery-offers.js';
import { DeliveryOpening } from './delivery-opening.js';
import { DeliveryRuns } from './delivery-runs.js';
import { DeliverySettling } from './delivery-settling.js';
import { DeliverySubject } from './delivery-subject.js';
import { DocumentReads } from './document-reads.js';
import { Erasure } from './erasure.js';
import { PendingUploads } from './pending-uploads.js';
import { ReplayEnds } from './replay-ends.js';
import { SeenBodies } from './seen-bodies.js';
import { WaitingReplays } from './waiting-replays.js';

/** The work on deliveries, and the handlers of these. */
export const deliveryProviders: Provider[] = [
  DocumentReads,
  DeliveryEnd,
  DeliveryRuns,
  DeliveryOffers,
  DeliverySubject,
  SeenBodies,
  ConflictingIds,
  ReplayEnds,
  WaitingReplays,
  PendingUploads,
  DeliverySettling,
  DeliveryOpening,
  DeliveryConfirmation,
  DeliveryApplication,
  DeadLetters,
  Erasure,
  ExdataDeliveryService,
];
