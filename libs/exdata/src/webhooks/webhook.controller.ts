import {
  applyDecorators,
  Controller,
  HttpCode,
  HttpStatus,
  Post,
  Req,
  SetMetadata,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { CanActivate, Type } from '@nestjs/common';
import { Inject } from '../injection/index.js';
import { DeliveryReception } from './delivery-reception.js';
import { exdataDeliveryOf } from './verified-delivery.js';
import { webhookRoute } from './bodies/webhook-routes.js';

export interface WebhookControllerShape {
  readonly path: string;
  readonly guard: Type<CanActivate>;
  /** Laid on the controller, such as the mark by which the host's global guard knows a public route. */
  readonly decorators: readonly ClassDecorator[];
}

/**
 * A controller class of its own for each registration, so that two of them never share a path. The path alone is the
 * default account's, `/{account}` below it that account's; versions that the host gives its other routes leave it
 * alone.
 */
export function createWebhookController({ path, guard, decorators }: WebhookControllerShape): Type<object> {
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(guard)
  @applyDecorators(...decorators)
  class ExdataWebhookController {
    constructor(@Inject(DeliveryReception) private readonly reception: DeliveryReception) {}

    /**
     * Stores the delivery and answers 204; all else is done after the answer. What cannot be stored is answered 503, so
     * that it is sent again.
     */
    @Post(['', ':account'])
    @HttpCode(HttpStatus.NO_CONTENT)
    @SetMetadata(webhookRoute, path)
    async receive(@Req() request: object): Promise<void> {
      await this.reception.receive(exdataDeliveryOf(request));
    }
  }
  return ExdataWebhookController;
}
