import { Logger } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { FaultBook } from '../../dispatch/index.js';
import { ExdataLogLine } from '../../telemetry/index.js';
import { spoolFaultOf } from '../spool-fault.js';

/** Of filters that were made by hand: nothing can be injected into them, and all share one book. */
const ownFaults = new FaultBook({ now: () => performance.now() });
const log = new Logger('Exdata');

/**
 * Notes a disk that cannot take what uploaders send, such as that of a form's temporary files: for the log, and for
 * health where the application has the module.
 */
export function tellStorageFault(error: unknown, modules: ModuleRef | undefined): void {
  const { why } = spoolFaultOf(error);
  const faults = bookOf(modules) ?? ownFaults;
  faults.note('storage', (count) =>
    log.error(new ExdataLogLine('upload.storage_failed', {}, { code: 'storage_failed', why, count })),
  );
}

/** What the application's one ExdataModule provides, wherever that is imported. */
function bookOf(modules: ModuleRef | undefined): FaultBook | undefined {
  try {
    return modules?.get(FaultBook, { strict: false });
  } catch {
    return undefined;
  }
}
