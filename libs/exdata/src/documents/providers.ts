import type { Provider } from '@nestjs/common';
import { EXDATA_HANDLER_ALERTS } from '../handlers/index.js';
import { provideExisting } from '../injection/index.js';
import { accountProviders } from './accounts/index.js';
import { alertProviders } from './alerts/index.js';
import { DocumentEnds } from './document-ends.js';
import { DocumentHandlerCall } from './document-handler-call.js';
import { DocumentHistory } from './document-history.js';
import { DocumentLedger } from './document-ledger.js';
import { DocumentRefusals } from './document-refusals.js';
import { DocumentSubject } from './document-subject.js';
import { ExdataDocumentService } from './document.service.js';
import { ExtractionReads } from './extraction-reads.js';
import { HandlerCalls } from './handler-calls.js';
import { HandlerRegistry } from './handler-registry.js';
import { HandlerRunEnds } from './handler-run-ends.js';
import { HandlerRuns } from './handler-runs.js';
import { HandlerJob } from './handler.job.js';
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
  HandlerRegistry,
  HandlerRuns,
  DocumentSubject,
  MissingHandlers,
  provideExisting(EXDATA_HANDLER_ALERTS, MissingHandlers),
  UnreadDocuments,
  ExtractionReads,
  HandlerCalls,
  HandlerRunEnds,
  DocumentHandlerCall,
  HandlerJob,
];
