export { ExdataBullMqModule } from './exdata-bullmq.module.js';
export type {
  ExdataBullMqExtras,
  ExdataBullMqJobPolicy,
  ExdataBullMqOptions,
  ExdataBullMqPolicy,
  ExdataBullMqWorkerPolicy,
} from './options.js';
