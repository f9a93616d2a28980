import type { Provider } from '@nestjs/common';
import { deliveryProviders } from './delivery.providers.js';
import { dispatchProviders } from './dispatch.providers.js';
import { documentProviders } from './document.providers.js';
import { fileProviders } from './file.providers.js';
import { groundProviders } from './ground.providers.js';
import { inboxProviders } from './inbox.providers.js';
import { uploadProviders } from './upload.providers.js';
import { webhookProviders } from './webhook.providers.js';

export { EXDATA_RAW_BODY } from './webhook.providers.js';

/** Wires the rooms. */
export const exdataProviders: Provider[] = [
  ...groundProviders,
  ...dispatchProviders,
  ...documentProviders,
  ...fileProviders,
  ...uploadProviders,
  ...webhookProviders,
  ...inboxProviders,
  ...deliveryProviders,
];
