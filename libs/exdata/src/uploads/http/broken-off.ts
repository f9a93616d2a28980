import { Logger } from '@nestjs/common';
import { FaultBook } from '../../dispatch/index.js';
import { ExdataLogLine } from '../../telemetry/index.js';

/** Filters are made by whoever binds them, by hand too: nothing can be injected into them, and all share one book. */
const faults = new FaultBook({ now: () => performance.now() });
const log = new Logger('Exdata');

/** Counts an upload whose sender went away: nobody is to be answered, and nobody to be woken. */
export function countBrokenOff(): void {
  faults.note('broken_off', (count) => log.debug(new ExdataLogLine('upload.broken_off', {}, { count })));
}

/** Whether the request ended before its body did. Takes what either platform calls a request. */
export function isBrokenOff(request: unknown): boolean {
  const raw = has(request, 'raw') ? request.raw : request;
  return has(raw, 'destroyed') && raw.destroyed === true && has(raw, 'complete') && raw.complete === false;
}

function has<Name extends string>(value: unknown, name: Name): value is Readonly<Record<Name, unknown>> {
  return typeof value === 'object' && value !== null && name in value;
}
