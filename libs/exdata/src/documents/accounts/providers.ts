import type { Provider } from '@nestjs/common';
import { ExdataApi } from '../../api/index.js';
import { EXDATA_CONFIG } from '../../config/index.js';
import { EXDATA_CLOCK, EXDATA_RANDOM } from '../../dispatch/index.js';
import { provide } from '../../injection/index.js';
import { AccountGate } from './account-gate.js';
import { AccountHolds } from './account-holds.js';
import { AccountLimits } from './account-limits.js';
import { AccountRows } from './account-rows.js';
import { ReadRefusals } from './read-refusals.js';
import { AccountReads } from './account-reads.js';
import { ExdataAccounts } from './exdata-accounts.js';
import { ExdataWatch } from './exdata-watch.js';
import { GatePasses } from './gate-passes.js';
import { LeftAccountAlerts } from './left-account-alerts.js';
import { mainOf } from './main-account.js';
import { OwnTokens } from './own-tokens.js';
import { TokenLines } from './token-lines.js';
import { TokenStanding } from './token-standing.js';
import { TokenWatch } from './token-watch.js';

/** The accounts with their clients, and what holds them up. */
export const accountProviders: Provider[] = [
  provide(
    ExdataAccounts,
    [EXDATA_CONFIG, EXDATA_CLOCK, EXDATA_RANDOM],
    ({ mode, accounts, proxy, maxResponseBytes, upload }, clock, random) => {
      const timers = { now: () => clock.now(), after: (ms: number, run: () => void) => clock.after(ms, run) };
      const shared = { proxy, maxResponseBytes, uploadTimeoutMs: upload.timeoutMs, random, ...timers };
      return new ExdataAccounts(
        accounts.map(({ name, owner, baseUrl, token, renewToken }) => {
          return { name, owner, api: new ExdataApi({ baseUrl, token, renewToken, ...shared }) };
        }),
        mode,
      );
    },
  ),
  provide(ExdataApi, [ExdataAccounts], (accounts) => mainOf(accounts).api),
  GatePasses,
  OwnTokens,
  AccountRows,
  AccountLimits,
  AccountHolds,
  AccountGate,
  ReadRefusals,
  AccountReads,
  ExdataWatch,
  LeftAccountAlerts,
  TokenLines,
  TokenStanding,
  TokenWatch,
];
