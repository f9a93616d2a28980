import { ExdataLastTime } from '../dispatch/index.js';
import {
  ExdataAccountState,
  ExdataAlertRow,
  ExdataLink,
  ExdataDocumentEvent,
  ExdataHandlerRun,
} from '../documents/index.js';
import { ExdataHandler } from '../handlers/index.js';
import { ExdataSpoolRow } from '../uploads/index.js';
import { ExdataDelivery, ExdataDeliveryRun, ExdataSeenBody } from '../webhooks/index.js';

/** The module's entities: add them to `entities` of your DataSource. */
export const exdataEntities = [
  ExdataLink,
  ExdataDocumentEvent,
  ExdataHandler,
  ExdataHandlerRun,
  ExdataAccountState,
  ExdataAlertRow,
  ExdataSpoolRow,
  ExdataDelivery,
  ExdataDeliveryRun,
  ExdataSeenBody,
  ExdataLastTime,
] as const;
