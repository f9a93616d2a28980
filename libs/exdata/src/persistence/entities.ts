import { ExdataAccountState, ExdataAlertRow, ExdataDocument, ExdataDocumentEvent, ExdataHandlerRun } from '../documents/index.js';
import { ExdataSpool } from '../uploads/index.js';
import { ExdataDelivery, ExdataDeliveryRun, ExdataSeenBody } from '../webhooks/index.js';

/** The module's entities: add them to `entities` of your DataSource. */
export const exdataEntities = [
  ExdataDocument,
  ExdataDocumentEvent,
  ExdataHandlerRun,
  ExdataAccountState,
  ExdataAlertRow,
  ExdataSpool,
  ExdataDelivery,
  ExdataDeliveryRun,
  ExdataSeenBody,
] as const;
