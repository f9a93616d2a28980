import { Injectable } from '@nestjs/common';
import {
  ExdataConnectionError,
  ExdataError,
  ExdataProtocolError,
  ExdataServerError,
  ExdataTimeoutError,
} from '../../api/index.js';
import { FaultBook } from '../../dispatch/index.js';
import type { LifeIds } from '../../telemetry/index.js';
import { ExdataLog } from '../../telemetry/index.js';
import { Inject } from '../../injection/index.js';

/** Whether exdata, or the way to it, is at fault: it cannot be reached, fails, or what answers is not exdata. */
export function isExdataFault(error: unknown): error is ExdataError {
  return (
    error instanceof ExdataConnectionError ||
    error instanceof ExdataTimeoutError ||
    error instanceof ExdataServerError ||
    error instanceof ExdataProtocolError
  );
}

/** Sees whether exdata answers, for each account: many documents that wait for one cause are a line a minute. */
@Injectable()
export class ExdataWatch {
  constructor(
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  answered(account: string): void {
    this.faults.over('exdata', account);
  }

  /** A call failed. What exdata refused, it has answered. */
  failed(account: string, error: unknown, ids: LifeIds): void {
    if (isExdataFault(error)) {
      const { code, requestId } = error;
      const way = error instanceof ExdataConnectionError && error.proxy !== undefined ? { proxy: error.proxy } : {};
      const tell = (count: number) =>
        this.log.warn('exdata.failed', { ...ids, account, requestId }, { code, ...way, count });
      this.faults.note('exdata', tell, account);
    } else if (error instanceof ExdataError && error.requestId !== undefined) this.answered(account);
  }
}
