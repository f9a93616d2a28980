import type { Provider } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { ExdataApi, ExdataConfigurationError } from '../api/index.js';
import { checkOptions, EXDATA_CONFIG } from '../config/index.js';
import type { ExdataConfig, ExdataModuleOptions } from '../config/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, EXDATA_RANDOM, ExdataTransactions, systemClock } from '../dispatch/index.js';
import type { Clock, Random } from '../dispatch/index.js';
import { ExdataAccounts } from '../documents/index.js';
import { MODULE_OPTIONS_TOKEN } from '../exdata.module-definition.js';
import { transactionsFor } from '../persistence/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { make } from './make-provider.js';

/** Wires what every room stands on: time, chance, the log, the checked options, the accounts and their clients. */
export const groundProviders: Provider[] = [
  { provide: EXDATA_CLOCK, useValue: systemClock },
  { provide: EXDATA_RANDOM, useValue: Math.random },
  { provide: ExdataLog, useClass: ExdataLog },
  make(
    EXDATA_CONFIG,
    [MODULE_OPTIONS_TOKEN, EXDATA_CLOCK, ExdataLog],
    async (options: ExdataModuleOptions, clock: Clock, log: ExdataLog): Promise<ExdataConfig> => {
      const warn = (fault: string): void => log.warn('config.secret_not_renewed', {}, { fault });
      const checked = await checkOptions(options, { clock, warn, variables: process.env });
      if ('config' in checked) return checked.config;
      throw new ExdataConfigurationError(
        `ExdataModule cannot start with these options:\n${checked.faults.map((fault) => `  - ${fault}`).join('\n')}`,
      );
    },
  ),
  make(
    ExdataAccounts,
    [EXDATA_CONFIG, EXDATA_CLOCK, EXDATA_RANDOM],
    ({ accounts, upload: { timeoutMs: uploadTimeoutMs } }: ExdataConfig, clock: Clock, random: Random) => {
      const timers = { now: () => clock.now(), after: (ms: number, run: () => void) => clock.after(ms, run) };
      return new ExdataAccounts(
        accounts.map(({ name, owner, baseUrl, token }) => {
          return { name, owner, api: new ExdataApi({ baseUrl, token, uploadTimeoutMs, random, ...timers }) };
        }),
      );
    },
  ),
  make(ExdataApi, [ExdataAccounts], (accounts: ExdataAccounts) => (accounts.find('default') ?? accounts.get(accounts.names[0])).api),
  make(ExdataTransactions, [EXDATA_DATA_SOURCE], (dataSource: DataSource) => transactionsFor(dataSource)),
];
