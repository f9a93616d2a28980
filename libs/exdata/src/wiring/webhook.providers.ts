import type { Provider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { EXDATA_CONFIG } from '../config/index.js';
import type { ExdataConfig } from '../config/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, ExdataTransactions, WorkService } from '../dispatch/index.js';
import type { Clock } from '../dispatch/index.js';
import { DocumentHistory, PollJob } from '../documents/index.js';
import { EXDATA_WEBHOOK_PATH } from '../exdata.module-definition.js';
import { ExdataLog } from '../telemetry/index.js';
import {
  EXDATA_WEBHOOK_SETTINGS,
  ExdataWebhookGuard,
  ExdataWebhookSecrets,
  SecretKeeper,
  StaleDeliveries,
  watchRawBody,
  WebhookRefusals,
} from '../webhooks/index.js';
import type { WebhookSettings } from '../webhooks/index.js';
import { make } from './make-provider.js';

export const EXDATA_RAW_BODY = Symbol.for('nestjs-exdata:raw-body');

/** Wires the intake of deliveries and the work on them. */
export const webhookProviders: Provider[] = [
  ExdataWebhookGuard,
  make(EXDATA_WEBHOOK_SETTINGS, [EXDATA_CONFIG], ({ webhook, accounts }: ExdataConfig): WebhookSettings => {
    const { timestampCheck, pastToleranceMs: pastMs, futureToleranceMs: futureMs, ...rest } = webhook;
    const names = accounts.map(({ name }) => name);
    const [only, another] = names;
    const defaultAccount = names.includes('default') || another !== undefined ? 'default' : (only ?? 'default');
    return { ...rest, accounts: names, defaultAccount, window: timestampCheck ? { pastMs, futureMs } : null };
  }),
  make(SecretKeeper, [EXDATA_CONFIG, EXDATA_CLOCK, ExdataLog], ({ accounts }: ExdataConfig, clock: Clock, log: ExdataLog) =>
    SecretKeeper.open(accounts, clock, log),
  ),
  make(WebhookRefusals, [EXDATA_CLOCK, ExdataLog], (clock: Clock, log: ExdataLog) => new WebhookRefusals(clock, log)),
  make(
    StaleDeliveries,
    [ExdataTransactions, DocumentHistory, WorkService, PollJob, EXDATA_CLOCK, ExdataLog],
    (...[transactions, history, work, poll, clock, log]: [ExdataTransactions, DocumentHistory, WorkService, PollJob, Clock, ExdataLog]) =>
      new StaleDeliveries({ transactions, history, work, poll, clock, log }),
  ),
  make(
    ExdataWebhookSecrets,
    [EXDATA_DATA_SOURCE, SecretKeeper, EXDATA_CLOCK, EXDATA_CONFIG],
    (dataSource: DataSource, keeper: SecretKeeper, clock: Clock, { webhook }: ExdataConfig) =>
      new ExdataWebhookSecrets(dataSource, keeper, clock, webhook.keepIdsMs),
  ),
  make(
    EXDATA_RAW_BODY,
    [HttpAdapterHost, EXDATA_WEBHOOK_PATH, EXDATA_WEBHOOK_SETTINGS, EXDATA_CLOCK, WebhookRefusals, ExdataLog],
    (host: HttpAdapterHost, path: string | false, ...rest: [WebhookSettings, Clock, WebhookRefusals, ExdataLog]) => {
      const [limits, clock, refusals, log] = rest;
      return watchRawBody(host, path, { limits, clock, refusals, log });
    },
  ),
];
