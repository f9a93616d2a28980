import { Injectable, Logger } from '@nestjs/common';
import type { LifeIds } from './ids.js';
import { ExdataLogLine } from './log-line.js';

type Fields = ConstructorParameters<typeof ExdataLogLine>[2];

/** Writes the module's log lines through the logger of the Nest application. */
@Injectable()
export class ExdataLog {
  readonly #logger = new Logger('Exdata');

  /** Costs next to nothing where the host's logger leaves this level out. */
  debug(event: string, ids: LifeIds, fields?: Fields): void {
    if (Logger.isLevelEnabled('debug')) this.#logger.debug(new ExdataLogLine(event, ids, fields));
  }

  info(event: string, ids: LifeIds, fields?: Fields): void {
    this.#logger.log(new ExdataLogLine(event, ids, fields));
  }

  warn(event: string, ids: LifeIds, fields?: Fields): void {
    this.#logger.warn(new ExdataLogLine(event, ids, fields));
  }

  error(event: string, ids: LifeIds, fields?: Fields): void {
    this.#logger.error(new ExdataLogLine(event, ids, fields));
  }
}
