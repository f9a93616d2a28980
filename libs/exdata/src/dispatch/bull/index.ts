export { ExdataBullModule } from './exdata-bull.module.js';
export type {
  ExdataBullExtras,
  ExdataBullJobPolicy,
  ExdataBullOptions,
  ExdataBullPolicy,
  ExdataBullWorkerPolicy,
} from './options.js';
