import {
  applyDecorators,
  Controller,
  HttpCode,
  Inject,
  Post,
  Req,
  Res,
  ServiceUnavailableException,
  SetMetadata,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { CanActivate, Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WorkService } from '../dispatch/index.js';
import { ExdataLog, inSpan } from '../telemetry/index.js';
import { deliveryJobName } from './delivery.job.js';
import { DeliveryStore } from './delivery.store.js';
import { InboxUnavailableError } from './inbox-errors.js';
import { deliveryOf } from './verified-delivery.js';
import { webhookRoute } from './webhook-routes.js';

export interface WebhookControllerShape {
  readonly path: string;
  readonly guard: Type<CanActivate>;
  /** Laid on the controller, such as the mark by which the host's global guard knows a public route. */
  readonly decorators: readonly ClassDecorator[];
}

/** When the sender may try again after a delivery that could not be stored, in seconds, where the inbox does not say. */
const retryAfterSeconds = 5;

const lines = { fresh: 'webhook.stored', duplicate: 'webhook.duplicate', 'conflicting-id': 'webhook.conflicting_id' } as const;

/**
 * A controller class of its own for each registration, so that two of them never share a path. The path alone is the default
 * account's, `/{account}` below it that account's; versions that the host gives its other routes leave it alone.
 */
export function createWebhookController({ path, guard, decorators }: WebhookControllerShape): Type<object> {
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(guard)
  @applyDecorators(...decorators)
  class ExdataWebhookController {
    constructor(
      @Inject(DeliveryStore) private readonly inbox: DeliveryStore,
      @Inject(WorkService) private readonly work: WorkService,
      @Inject(ExdataLog) private readonly log: ExdataLog,
      @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost,
    ) {}

    /** Stores the delivery, answers 204, and leaves the work to the dispatcher. What cannot be stored is answered 503, so that it is sent again. */
    @Post(['', ':account'])
    @HttpCode(204)
    @SetMetadata(webhookRoute, path)
    async receive(@Req() request: object, @Res({ passthrough: true }) response: object): Promise<void> {
      const delivery = deliveryOf(request);
      const ids = { account: delivery.account, deliveryId: delivery.deliveryId };
      await inSpan('receive', ids, async (span) => {
        const { id, result } = await this.inbox.store(delivery).catch((error: unknown) => {
          const known = error instanceof InboxUnavailableError ? error : null;
          const name = error instanceof Error ? error.name : 'unknown';
          this.log.error('webhook.not_stored', ids, { error: name, reason: known?.reason });
          this.http.httpAdapter.setHeader(response, 'Retry-After', String(known?.retryAfterSeconds ?? retryAfterSeconds));
          throw new ServiceUnavailableException();
        });
        span.note('result', result);
        this.log[result === 'conflicting-id' ? 'warn' : 'info'](lines[result], ids, { type: delivery.event, secret: delivery.secretId });
        if (result !== 'duplicate') void this.work.dispatch(deliveryJobName, id);
      });
    }
  }
  return ExdataWebhookController;
}
