export { exdataEntities } from './entities.js';
export { inboxTableFor } from './inbox/index.js';
export { exdataMigrations } from './migrations/index.js';
export { checkSchema } from './schema-check.js';
export { transactionsFor } from './transactions/index.js';
