import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { ExdataConfigurationError } from '../api/index.js';
import { EXDATA_CONFIG } from '../config/index.js';
import type { ExdataConfig } from '../config/index.js';
import { EXDATA_DATA_SOURCE, EXDATA_DISPATCHER } from '../dispatch/index.js';
import type { ExdataDispatcher } from '../dispatch/index.js';
import { Inject } from '../injection/index.js';
import { checkSchema, largestStatement } from '../persistence/index.js';
import { EXDATA_SPOOL, unsharedSpool } from '../uploads/index.js';
import type { ExdataSpool } from '../uploads/index.js';
import { EXDATA_HTTP_WATCH, EXDATA_WEBHOOK_PATH, missingRawBody } from '../webhooks/index.js';
import type { HttpWatch } from '../webhooks/index.js';

/** What has to hold before work may begin. */
@Injectable()
export class StartChecks {
  constructor(
    @Inject(EXDATA_CONFIG) private readonly config: ExdataConfig,
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EXDATA_DISPATCHER) private readonly dispatcher: ExdataDispatcher,
    @Inject(EXDATA_SPOOL) private readonly spool: ExdataSpool,
    @Inject(EXDATA_WEBHOOK_PATH) private readonly webhookPath: string | false,
    @Inject(EXDATA_HTTP_WATCH) private readonly http: HttpWatch,
  ) {}

  /** @throws {@link ExdataConfigurationError} with what is to be changed */
  async run(): Promise<void> {
    if (this.webhookPath !== false && this.http.keepsRawBody() === false)
      throw new ExdataConfigurationError(`ExdataModule cannot receive webhooks: ${missingRawBody}`);
    const lack = await checkSchema(this.dataSource, largestStatement(this.config));
    if (lack !== null) throw new ExdataConfigurationError(`ExdataModule cannot use the database: ${lack}`);
    if (this.dispatcher.shared && !this.spool.shared && !this.config.upload.spoolShared)
      throw new ExdataConfigurationError(`ExdataModule cannot let other processes send: ${unsharedSpool}`);
  }
}
