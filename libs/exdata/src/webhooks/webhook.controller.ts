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
      @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost,
    ) {}

    /** Stores the delivery and answers 204; all else is done after the answer. What cannot be stored is answered 503, so that it is sent again. */
    @Post(['', ':account'])
    @HttpCode(204)
    @SetMetadata(webhookRoute, path)
    async receive(@Req() request: object, @Res({ passthrough: true }) response: object): Promise<void> {
      try {
        await this.inbox.store(deliveryOf(request));
      } catch (error) {
        if (!(error instanceof InboxUnavailableError)) throw error;
        this.http.httpAdapter.setHeader(response, 'Retry-After', String(Math.ceil(error.retryAfterMs / 1000)));
        // A server ends only when its connections have: a sender that goes on over the one it has would keep it.
        if (error.reason === 'stopping') this.http.httpAdapter.setHeader(response, 'Connection', 'close');
        throw new ServiceUnavailableException();
      }
    }
  }
  return ExdataWebhookController;
}
