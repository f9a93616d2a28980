import { BadRequestException, Inject, Injectable, PayloadTooLargeException, UnauthorizedException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { EXDATA_CLOCK } from '../dispatch/index.js';
import type { Clock } from '../dispatch/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { missingRawBody } from './raw-body.js';
import type { WebhookSecret } from './signature.js';
import { signerOf } from './signature.js';
import { placeInWindow } from './timestamp.js';
import { attachDelivery } from './verified-delivery.js';
import { EXDATA_WEBHOOK_SETTINGS } from './webhook-settings.js';
import type { WebhookSettings } from './webhook-settings.js';

/** What the guard needs of a request of Express or Fastify. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Set by Nest when the application is created with `rawBody: true`. */
  readonly rawBody?: Buffer;
}

/**
 * Lets a request pass if exdata signed it: X-Signature over the raw bytes, then X-Timestamp within the window (exdata docs: Webhooks).
 * To the outside every refusal of a signature is a bare 401; the reason stands in the log. The protected methods are there to be overridden.
 */
@Injectable()
export class ExdataWebhookGuard implements CanActivate {
  constructor(
    @Inject(EXDATA_WEBHOOK_SETTINGS) protected readonly settings: WebhookSettings,
    @Inject(EXDATA_CLOCK) protected readonly clock: Clock,
    @Inject(ExdataLog) protected readonly log: ExdataLog,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<WebhookRequest & object>();
    const body = this.bodyOf(request);
    if (body.length > this.settings.maxBodyBytes) throw new PayloadTooLargeException();
    const secretId = signerOf(body, this.headerOf(request, 'x-signature'), await this.secrets());
    if (secretId === null) return this.refuse('signature');
    const timestamp = this.headerOf(request, 'x-timestamp');
    const place = placeInWindow(timestamp, this.clock.now(), this.settings.window);
    if (place !== 'inside') return this.refuse(place);
    const deliveryId = this.headerOf(request, 'x-delivery');
    if (!/^[\x21-\x7e]{1,255}$/.test(deliveryId)) throw new BadRequestException('X-Delivery must be 1 to 255 printable characters');
    const event = this.headerOf(request, 'x-event').slice(0, 128) || 'unknown';
    attachDelivery(request, { deliveryId, event, sentAt: Number(timestamp) * 1000, secretId, body });
    return true;
  }

  /** The bytes as they came. */
  protected bodyOf(request: WebhookRequest): Buffer {
    if (Buffer.isBuffer(request.rawBody)) return request.rawBody;
    // Node.js gives an empty body no raw bytes; that is no fault of the host's, and no signature fits it.
    if (request.headers['content-length'] === '0' || (!request.headers['content-length'] && !request.headers['transfer-encoding']))
      return Buffer.alloc(0);
    this.log.error('webhook.no_raw_body', {}, { fix: missingRawBody });
    throw new UnauthorizedException();
  }

  protected headerOf(request: WebhookRequest, name: string): string {
    const value = request.headers[name];
    return typeof value === 'string' ? value : '';
  }

  /** The secrets that are accepted now. */
  protected secrets(): readonly WebhookSecret[] | Promise<readonly WebhookSecret[]> {
    return this.settings.secrets();
  }

  /** Answers a delivery that is not accepted; `reason` is for the log alone. */
  protected refuse(reason: string): never {
    this.log.warn('webhook.refused', {}, { reason });
    throw new UnauthorizedException();
  }
}
