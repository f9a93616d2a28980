import type { Provider } from '@nestjs/common';
import { EXDATA_HANDLER_ALERTS } from '../handlers/index.js';
import { provideExisting } from '../injection/index.js';
import { accountProviders } from './accounts/index.js';
import { alertProviders } from './alerts/index.js';
import { DocumentEnds } from './document-ends.js';
import { DocumentHistory } from './document-history.js';
import { DocumentLedger } from './document-ledger.js';
import { DocumentOffers } from './document-offers.js';
import { DocumentRefusals } from './document-refusals.js';
import { DocumentSubject } from './document-subject.js';
import { ExdataDocumentService } from './document.service.js';
import { ExtractionReads } from './extraction-reads.js';
import { HandlerRuns } from './handler-runs.js';
import { MissingHandlers } from './missing-handlers.js';
import { PollJob } from './poll.job.js';
import { UnreadDocuments } from './unread-documents.js';

/** The ledger of documents, the accounts' holds, the alerts, and the handlers of documents. */
export const documentProviders: Provider[] = [
  ...accountProviders,
  ...alertProviders,
  DocumentHistory,
  DocumentRefusals,
  DocumentEnds,
  DocumentLedger,
  ExdataDocumentService,
  PollJob,
  HandlerRuns,
  DocumentOffers,
  DocumentSubject,
  MissingHandlers,
  provideExisting(EXDATA_HANDLER_ALERTS, MissingHandlers),
  UnreadDocuments,
  ExtractionReads,
];
