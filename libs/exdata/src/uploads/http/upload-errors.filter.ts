import { Catch, Inject, Optional } from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter, ModuleRef } from '@nestjs/core';
import { countBrokenOff, isBrokenOff } from './broken-off.js';
import { tellStorageFault } from './storage-faults.js';
import { isStorageFault, exdataUploadRefusalOf } from './upload-refusal.js';
import type { ExdataUploadRefusal } from './upload-refusal.js';

/**
 * Answers what {@link exdataUploadRefusalOf} knows with its status, its body and `Retry-After`, on Express and on
 * Fastify; everything else as Nest would. Bind it to the routes that take uploads:
 * `@UseFilters(ExdataUploadErrorsFilter)`. Override {@link answerTo} for bodies of another shape. Bound as a class it
 * has Nest give it what health needs; one made by hand only writes its lines.
 */
@Catch()
export class ExdataUploadErrorsFilter extends BaseExceptionFilter<unknown> {
  @Optional()
  @Inject(ModuleRef)
  protected readonly moduleRef?: ModuleRef;

  override catch(error: unknown, host: ArgumentsHost): void {
    // Elsewhere than over HTTP there is no status: whoever called is told the error itself.
    if (host.getType() !== 'http') throw error;
    const refusal = exdataUploadRefusalOf(error);
    const adapter = this.applicationRef ?? this.httpAdapterHost?.httpAdapter;
    const isAway = isBrokenOff(host.switchToHttp().getRequest());
    if (isStorageFault(error)) tellStorageFault(error, this.moduleRef);
    if (isAway) countBrokenOff();
    else if (refusal === null || adapter === undefined) super.catch(error, host);
    else {
      const response: unknown = host.switchToHttp().getResponse();
      if (adapter.isHeadersSent(response)) {
        adapter.end(response);
        return;
      }
      if (refusal.retryAfterSeconds !== undefined)
        adapter.setHeader(response, 'Retry-After', String(refusal.retryAfterSeconds));
      adapter.reply(response, this.answerTo(refusal), refusal.status);
    }
  }

  /** The body of the answer. */
  protected answerTo({ body }: ExdataUploadRefusal): object {
    return { ...body };
  }
}
