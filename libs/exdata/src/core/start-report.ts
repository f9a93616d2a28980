import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EXDATA_CONFIG } from '../config/index.js';
import type { ExdataConfig } from '../config/index.js';
import { EXDATA_DATA_SOURCE, EXDATA_DISPATCHER } from '../dispatch/index.js';
import type { ExdataDispatcher } from '../dispatch/index.js';
import { Inject } from '../injection/index.js';
import { openInOtherModes } from '../persistence/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { DatabaseSpool, DirectorySpool, EXDATA_SPOOL } from '../uploads/index.js';
import type { ExdataSpool } from '../uploads/index.js';
import { EXDATA_HTTP_WATCH } from '../webhooks/index.js';
import type { HttpWatch } from '../webhooks/index.js';

/** Tells the log what runs: names and addresses, and never a secret. */
@Injectable()
export class StartReport {
  constructor(
    @Inject(EXDATA_CONFIG) private readonly config: ExdataConfig,
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EXDATA_DISPATCHER) private readonly dispatcher: ExdataDispatcher,
    @Inject(EXDATA_SPOOL) private readonly spool: ExdataSpool,
    @Inject(EXDATA_HTTP_WATCH) private readonly http: HttpWatch,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** Whoever changes the mode learns what is left behind, and that it is safe. */
  async tellOfOtherModes(): Promise<void> {
    for (const { mode, ...open } of await openInOtherModes(this.dataSource, this.config.mode))
      this.log.info('start.left_to_other_mode', {}, { mode, ...open });
  }

  tellOfStart(): void {
    const { dispatcher, spool } = this;
    const { mode, accounts, polling } = this.config;
    this.log.info(
      'exdata.started',
      {},
      {
        mode,
        accounts: accounts.map(({ name }) => name).join(','),
        origin: originOf(accounts),
        dispatcher: dispatcher.name ?? dispatcher.constructor.name,
        database: this.dataSource.options.type,
        spool:
          spool instanceof DirectorySpool
            ? 'directory'
            : spool instanceof DatabaseSpool
              ? 'database'
              : spool.constructor.name,
        webhook: this.http.webhookPaths()[0] ?? 'none',
        pollingMs: `${polling.firstMs}..${polling.maxMs}`,
      },
    );
  }
}

/** The one that all accounts share, or each account's own. */
function originOf(accounts: ExdataConfig['accounts']): string {
  const origins = accounts.map(({ name, baseUrl }) => ({ name, origin: new URL(baseUrl).origin }));
  const [first] = origins;
  if (origins.every(({ origin }) => origin === first?.origin)) return first?.origin ?? 'none';
  return origins.map(({ name, origin }) => `${name}=${origin}`).join(',');
}
