import type { Provider } from '@nestjs/common';
import { ExdataConfigurationError } from '../api/index.js';
import { checkOptions, EXDATA_CONFIG, EXDATA_OPTIONS, EXDATA_WORK } from '../config/index.js';
import type { ExdataConfig } from '../config/index.js';
import {
  EXDATA_CLOCK,
  EXDATA_KNOWN_MODE,
  EXDATA_MODE,
  EXDATA_OPEN_SPAN,
  EXDATA_RANDOM,
  EXDATA_RETRY,
  EXDATA_WORK_SETTINGS,
  ExdataTransactions,
  FaultBook,
  InProcessDispatcher,
  inOwnContext,
  WorkWatch,
} from '../dispatch/index.js';
import type { ExdataJobKind } from '../dispatch/index.js';
import { DocumentSubject } from '../documents/index.js';
import { EXDATA_HANDLER_SUBJECTS } from '../handlers/index.js';
import { provide, provideValue } from '../injection/index.js';
import { ExdataLog, inSpan } from '../telemetry/index.js';
import { DeliverySubject, laterDeliveryJobName } from '../webhooks/index.js';
import { tellWorkFaults } from './work-faults.js';

/** What traces call a kind of work, where it is not its own name. */
const spanNames: Partial<Record<ExdataJobKind, string>> = { 'delivery-handler': 'handler' };

/** What joins rooms that do not know each other. */
export const groundProviders: Provider[] = [
  ExdataLog,
  provide(FaultBook, [EXDATA_CLOCK, ExdataLog], (clock, log) => {
    return new FaultBook(clock, ({ kind, since, count }) =>
      log.info(`${kind}.recovered`, {}, { since: new Date(since).toISOString(), count }),
    );
  }),
  provide(
    EXDATA_CONFIG,
    [EXDATA_OPTIONS, EXDATA_CLOCK, FaultBook, ExdataLog],
    async (options, clock, faults, log): Promise<ExdataConfig> => {
      const notRenewed = (field: string, fault: string): void =>
        faults.note('secrets', (count) => log.warn('config.secret_not_renewed', {}, { fault, count }), field);
      const renewed = (field: string): void => faults.over('secrets', field);
      const checked = await checkOptions(options, {
        clock,
        notRenewed,
        renewed,
        variables: process.env,
        apart: inOwnContext,
      });
      if ('config' in checked) {
        for (const doubt of checked.doubts) log.warn('config.doubtful', {}, { doubt });
        return checked.config;
      }
      throw new ExdataConfigurationError(
        `ExdataModule cannot start with these options:\n${checked.faults.map((fault) => `  - ${fault}`).join('\n')}`,
      );
    },
  ),
  provide(EXDATA_MODE, [EXDATA_CONFIG, EXDATA_KNOWN_MODE], ({ mode }, known) => known.tell(mode)),
  provide(EXDATA_RETRY, [EXDATA_WORK], (work) => ({
    firstMs: work.retryFirstMs,
    maxMs: work.retryMaxMs,
    totalMs: work.retryTotalMs,
  })),
  provide(EXDATA_WORK_SETTINGS, [EXDATA_WORK], (work) => ({ ...work, sweepBatch: 100 })),
  provide(
    InProcessDispatcher,
    [EXDATA_WORK],
    ({ concurrency }) =>
      new InProcessDispatcher(concurrency, new Map([[laterDeliveryJobName, Math.ceil(concurrency / 2)]])),
  ),
  provide(
    WorkWatch,
    [EXDATA_CLOCK, EXDATA_RANDOM, ExdataTransactions, FaultBook, ExdataLog],
    (clock, random, transactions, faults, log) =>
      new WorkWatch(clock, random, transactions, tellWorkFaults(faults, log), () => faults.over('database')),
  ),
  provideValue(EXDATA_OPEN_SPAN, (job, work) => inSpan(spanNames[job] ?? job, {}, work)),
  provide(EXDATA_HANDLER_SUBJECTS, [DocumentSubject, DeliverySubject], (...subjects) => subjects),
];
