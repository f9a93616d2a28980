import { Controller, HttpCode, Inject, Post, Req, Res, ServiceUnavailableException, UseGuards } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WorkService } from '../dispatch/index.js';
import { ExdataLog, inSpan } from '../telemetry/index.js';
import { deliveryJobName } from './delivery.job.js';
import { DeliveryStore } from './delivery.store.js';
import { deliveryOf } from './verified-delivery.js';
import { ExdataWebhookGuard } from './webhook.guard.js';

/** When the sender may try again after a delivery that could not be stored, in seconds. */
const retryAfterSeconds = '5';

/** A controller class of its own for each registration, so that two of them never share a path. */
export function createWebhookController(path: string): Type<object> {
  @Controller(path)
  @UseGuards(ExdataWebhookGuard)
  class ExdataWebhookController {
    constructor(
      @Inject(DeliveryStore) private readonly inbox: DeliveryStore,
      @Inject(WorkService) private readonly work: WorkService,
      @Inject(ExdataLog) private readonly log: ExdataLog,
      @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost,
    ) {}

    /** Stores the delivery, answers 204, and leaves the work to the dispatcher. What cannot be stored is answered 503, so that it is sent again. */
    @Post()
    @HttpCode(204)
    async receive(@Req() request: object, @Res({ passthrough: true }) response: object): Promise<void> {
      const delivery = deliveryOf(request);
      const ids = { deliveryId: delivery.deliveryId };
      await inSpan('receive', ids, async (span) => {
        const stored = await this.inbox.store(delivery).catch((error: unknown) => {
          this.log.error('webhook.not_stored', ids, { error: error instanceof Error ? error.name : 'unknown' });
          this.http.httpAdapter.setHeader(response, 'Retry-After', retryAfterSeconds);
          throw new ServiceUnavailableException();
        });
        span.note('duplicate', !stored.fresh);
        this.log.info(stored.fresh ? 'webhook.stored' : 'webhook.duplicate', ids, { type: delivery.event, secret: delivery.secretId });
        if (stored.fresh) void this.work.dispatch(deliveryJobName, stored.id);
      });
    }
  }
  return ExdataWebhookController;
}
